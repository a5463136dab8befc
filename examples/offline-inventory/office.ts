// The one that is always on: a replica in Node, which tabs find by WebSocket.
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { webSockets } from '@libp2p/websockets'
import { MemoryStore } from '@tallymesh/storage'
import { counterService, type CounterService } from '@tallymesh/sync'
import { createLibp2p, type Libp2p } from 'libp2p'

/** @param address `/ip4/…/tcp/…/ws` */
export const startOffice = (address: string): Promise<Libp2p<{ counters: CounterService }>> =>
  createLibp2p({
    addresses: { listen: [address] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
      counters: counterService({ store: new MemoryStore(), namespace: 'stock' }),
    },
  })
