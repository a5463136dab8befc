// The libp2p node of a tab: it dials Node peers by WebSocket, and is reached by other tabs over WebRTC.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify, type Identify, identifyPush, type IdentifyPush } from '@libp2p/identify'
import type { PrivateKey } from '@libp2p/interface'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p, type Libp2p } from 'libp2p'
import type { Gate } from './gate.ts'

export type TabNode = Libp2p<{
  identify: Identify
  identifyPush: IdentifyPush
  pubsub: GossipSub
}>

/** A busy peer answers a ping late. The default gives it two seconds, and then drops the connection. */
const PING_MS = 20_000

/** A handshake through the relay takes half a second; one that was lost is better tried anew. */
const DIAL_MS = 6_000

/** Starts the node. Needs no network, and dials nobody by itself. */
export function startNode(privateKey: PrivateKey, gate: Gate): Promise<TabNode> {
  return createLibp2p({
    privateKey,
    // Through whichever Node peer it meets; and by WebRTC, to which that one introduces.
    addresses: { listen: ['/p2p-circuit', '/webrtc'] },
    transports: [
      webSockets(),
      circuitRelayTransport(),
      // No servers of strangers: tabs meet on one network, or through a Node peer that both reach.
      webRTC({ rtcConfiguration: { iceServers: [] } }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: gate.gater,
    connectionManager: { addressDialTimeout: DIAL_MS },
    connectionMonitor: { pingTimeout: { minTimeout: PING_MS, maxTimeout: 2 * PING_MS } },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      pubsub: gossipsub({
        // Said out loud, since peers of different policies exchange nothing and get no error.
        globalSignaturePolicy: 'StrictSign',
        allowPublishToZeroTopicPeers: true,
        // More than 10 peers at one address would be shunned: all tabs that one relay introduced are.
        scoreParams: { IPColocationFactorWeight: 0 },
      }),
    },
  })
}
