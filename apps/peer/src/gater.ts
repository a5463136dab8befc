// The door of a peer: who gets a connection, asked once the other side has proven who it is.
import type { ConnectionGater, PeerId } from '@libp2p/interface'

/** One of each kind and direction, and a few that are not known to be dead yet. */
export const MAX_CONNECTIONS_OF_A_PEER = 8

export interface DoorOptions {
  /** Peer ids that may connect; all if left out. */
  readonly allow?: readonly string[] | undefined
  /** Whether a peer passed its limits, and is turned away for a time. */
  readonly isRefused: (peer: string) => boolean
  /** How many connections a peer has. */
  readonly connectionsOf: (peer: PeerId) => number
  /** Told of each that was turned away, and why. */
  readonly refused: (peer: string, why: Refusal) => void
}

export type Refusal = 'not on the list' | 'passed its limits' | 'too many connections'

/**
 * After encryption, since before it an id is a claim; and before any stream. libp2p's own default for
 * Node admits all.
 */
export const createGater = (options: DoorOptions): ConnectionGater => {
  const { isRefused, connectionsOf, refused } = options
  const allowed = options.allow === undefined ? undefined : new Set(options.allow)
  const whyNot = (id: PeerId): Refusal | undefined => {
    const peer = id.toString()
    if (allowed?.has(peer) === false) return 'not on the list'
    if (isRefused(peer)) return 'passed its limits'
    return connectionsOf(id) >= MAX_CONNECTIONS_OF_A_PEER ? 'too many connections' : undefined
  }
  const deny = (id: PeerId): boolean => {
    const why = whyNot(id)
    if (why !== undefined) refused(id.toString(), why)
    return why !== undefined
  }
  return {
    denyDialPeer: deny,
    denyInboundEncryptedConnection: deny,
    denyOutboundEncryptedConnection: deny,
  }
}
