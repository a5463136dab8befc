// Gossip streams, read no faster than a peer may send. Gossipsub reads whatever comes, at once.
import type { GossipSubComponents } from '@chainsafe/libp2p-gossipsub'
import type { Stream } from '@libp2p/interface'
import type { PeerLimits } from '@tallymesh/sync'

type Registrar = GossipSubComponents['registrar']

/**
 * A registrar for gossipsub alone: streams that peers open are counted before it sees them. (libp2p has
 * middleware for this, but adds the handler of every stream to the list of those of all later ones.)
 */
export const pacedRegistrar = (registrar: Registrar, limits: PeerLimits): Registrar => {
  const handle: Registrar['handle'] = (protocol, handler, options) =>
    registrar.handle(
      protocol,
      (stream, connection) => {
        const peer = connection.remotePeer.toString()
        if (limits.take(peer, 'streams', 1) === Infinity) return stream.abort(tooMuch(peer))
        pace(stream, peer, limits)
        return handler(stream, connection)
      },
      options,
    )
  return Object.assign(Object.create(registrar) as Registrar, { handle })
}

const pace = (stream: Stream, peer: string, limits: PeerLimits): void => {
  let resuming: ReturnType<typeof setTimeout> | undefined
  stream.addEventListener('message', ({ data }) => {
    const waitMs = limits.take(peer, 'gossip bytes', data.byteLength)
    if (waitMs === Infinity) return stream.abort(tooMuch(peer))
    if (waitMs === 0 || resuming !== undefined || stream.readStatus !== 'readable') return
    stream.pause()
    resuming = setTimeout(() => {
      resuming = undefined
      if (stream.readStatus === 'paused') stream.resume()
    }, waitMs)
  })
  stream.addEventListener('close', () => clearTimeout(resuming), { once: true })
}

const tooMuch = (peer: string): Error => new Error(`${peer} sends more gossip than it may`)
