// The libp2p node of a tab: it dials peers by WebSocket, and nobody can dial it.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { identify, type Identify } from '@libp2p/identify'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p, type Libp2p } from 'libp2p'

export type TabNode = Libp2p<{ identify: Identify; pubsub: GossipSub }>

/** A busy peer answers a ping late. The default gives it two seconds, and then drops the connection. */
const pingTimeoutMs = 20_000

export async function makePrivateKey(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(privateKeyToProtobuf(await generateKeyPair('Ed25519')))
}

/** Starts the node. Needs no network: it listens nowhere and dials nobody by itself. */
export function startNode(privateKey: Uint8Array): Promise<TabNode> {
  return createLibp2p({
    privateKey: privateKeyFromProtobuf(privateKey),
    addresses: { listen: [] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // A browser's default refuses ws:// and private addresses, which is where most peers are.
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: {
      pingTimeout: { minTimeout: pingTimeoutMs, maxTimeout: 2 * pingTimeoutMs },
    },
    services: {
      identify: identify(),
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
    },
  })
}
