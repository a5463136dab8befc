// The dialler's view of a libp2p node.
import { KEEP_ALIVE, type Libp2p, type PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Links } from './dialler.ts'

/** Half a minute without an answer is a dead address; libp2p's own limits are shorter in all cases. */
const DIAL_LIMIT_MS = 30_000

/** Spares the connection when libp2p has too many, and has it come back at once when it breaks. */
const keepAlive = async (node: Libp2p, peer: PeerId): Promise<void> => {
  await node.peerStore.merge(peer, { tags: { [`${KEEP_ALIVE}-tallymesh`]: { value: 100 } } })
}

const untilDisconnected = (node: Libp2p, peer: string, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = new AbortController()
    const end = (): void => {
      over.abort()
      resolve()
    }
    const check = (): void => {
      // Aborted before: the event has been.
      if (signal.aborted || node.getConnections(peerIdFromString(peer)).length === 0) end()
    }
    node.addEventListener('peer:disconnect', check, { signal: over.signal })
    signal.addEventListener('abort', end, { signal: over.signal })
    check()
  })

export const createLinks = (node: Libp2p): Links => ({
  async dial(address, signal) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(DIAL_LIMIT_MS)])
    const { remotePeer } = await node.dial(multiaddr(address), { signal: limit })
    await keepAlive(node, remotePeer)
    return remotePeer.toString()
  },
  gone: (peer, signal) => untilDisconnected(node, peer, signal),
})
