// Who may connect to this peer: the operator's choice, in so many words, once it listens beyond loopback.
import { listensBeyondLoopback, peerIn } from './addresses.ts'
import { UsageError } from './usage-error.ts'

export interface Admission {
  /** The file of a pre-shared key: who does not have it gets no further than the first bytes. */
  readonly psk?: string
  /** Peer ids: all others are turned away once they have proven who they are, in both directions. */
  readonly allow?: readonly string[]
  /** Whoever reaches the address. */
  readonly open: boolean
}

/** What the choice is judged by. */
export interface AdmissionFlags {
  readonly listen: readonly string[]
  readonly peer?: readonly string[]
  readonly member?: readonly string[]
  readonly psk?: string
  readonly allow?: readonly string[]
  readonly open?: true
}

const HOW = `Say who may connect, by one of these:
  --psk FILE       peers that have the same key; make one with "tallymesh key new FILE", and copy it to each
  --allow PEERID   these peers and no others (repeat for all of them; "tallymesh id" prints a peer's own)
  --open           anyone who reaches the address: they may read all counters, and add to them`

/**
 * The choice that was made.
 *
 * @throws {UsageError} where none was made and one is needed, or where it contradicts itself
 */
export const admissionOf = (flags: AdmissionFlags): Admission => {
  const { psk, allow, open = false } = flags
  const far = flags.listen.filter(listensBeyondLoopback)
  const isChosen = psk !== undefined || allow !== undefined || open
  if (far.length > 0 && !isChosen)
    throw new UsageError(
      `${far.join(' ')} is beyond loopback, and nothing was said of who may connect there. ${HOW}`,
    )
  if (open && (psk !== undefined || allow !== undefined))
    throw new UsageError(
      `--open admits anyone, and ${psk === undefined ? '--allow' : '--psk'} does not: leave one of them out`,
    )
  const listed = allow === undefined ? undefined : [...new Set([...allow, ...(flags.member ?? [])])]
  checkPeers(flags.peer ?? [], listed)
  return { open, ...(psk !== undefined && { psk }), ...(listed && { allow: listed }) }
}

/** A peer to connect to that would be turned away is a mistake in one of the two lists. */
const checkPeers = (peers: readonly string[], listed: readonly string[] | undefined): void => {
  if (listed === undefined) return
  for (const address of peers) {
    const id = peerIn(address)
    if (id !== undefined && !listed.includes(id))
      throw new UsageError(
        `--peer ${address} is not among those that --allow and --member admit: add --allow ${id}`,
      )
  }
}
