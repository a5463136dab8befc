// A replica in memory, and the page that shows it.
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { MemoryStore } from '@tallymesh/storage/memory'
import { counterService } from '@tallymesh/sync'
import { createLibp2p } from 'libp2p'
import { render } from 'preact'
import { App } from './app.tsx'

const libp2p = await createLibp2p({
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: {
    identify: identify(),
    pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
    counters: counterService({ store: new MemoryStore(), namespace: 'shop' }),
  },
})

render(<App service={libp2p.services.counters} />, document.body)
