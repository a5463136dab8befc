// A shelf's replica: counts into IndexedDB, and tells whoever it can reach.
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair, privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { PrivateKey } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { BrowserStore } from '@tallymesh/storage/browser'
import { counterService, type CounterService } from '@tallymesh/sync'
import { createLibp2p } from 'libp2p'

const REDIAL_MS = 500

/** The shelf's key stays with its store: both are kept in this browser, under the shelf's name. */
const keyOf = async (shelf: string): Promise<PrivateKey> => {
  const kept = localStorage.getItem(`key of ${shelf}`)
  if (kept !== null) return privateKeyFromRaw(Uint8Array.from(JSON.parse(kept) as number[]))
  const key = await generateKeyPair('Ed25519')
  localStorage.setItem(`key of ${shelf}`, JSON.stringify([...key.raw]))
  return key
}

/** @param shelf one tab at a time has it open: the store refuses a second one */
export const openStock = async (shelf: string, peer: string | null): Promise<CounterService> => {
  const libp2p = await createLibp2p({
    privateKey: await keyOf(shelf),
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // The default of browsers refuses ws:// and private addresses.
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
      counters: counterService({
        store: new BrowserStore({ database: `stock of ${shelf}` }),
        namespace: 'stock',
      }),
    },
  })
  const dial = (): void => {
    if (peer === null || libp2p.getConnections().length > 0) return
    // No network is how this page mostly lives.
    libp2p.dial(multiaddr(peer), { signal: AbortSignal.timeout(5000) }).catch(() => undefined)
  }
  dial()
  setInterval(dial, REDIAL_MS)
  return libp2p.services.counters
}
