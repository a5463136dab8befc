// The libp2p node that all of these run on, alike: TCP, noise, yamux and signed gossip on loopback.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify, type Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

export type MeasuredNode = Libp2p<{ readonly pubsub: GossipSub; readonly identify: Identify }>

export const startNode = (): Promise<MeasuredNode> =>
  createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // Under load a pong comes late, and a connection cut for that loses gossip.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      pubsub: gossipsub({
        globalSignaturePolicy: 'StrictSign',
        allowPublishToZeroTopicPeers: true,
      }),
    },
  })

export const addressOf = (node: MeasuredNode): string => String(node.getMultiaddrs()[0])

export const connect = async (node: MeasuredNode, address: string): Promise<void> => {
  await node.dial(multiaddr(address))
}

/** Gossipsub forms its mesh at its heartbeat, and tells of it by an event. */
export const meshed = async (node: MeasuredNode, topic: string, others: number): Promise<void> => {
  // It has the method, and its public type leaves it out.
  const pubsub = node.services.pubsub as GossipSub & { getMeshPeers(topic: string): string[] }
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = (): void => {
    if (pubsub.getMeshPeers(topic).length >= others) resolve()
  }
  pubsub.addEventListener('gossipsub:heartbeat', look)
  look()
  await promise
  pubsub.removeEventListener('gossipsub:heartbeat', look)
}
