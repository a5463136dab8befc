// Every fault by its name, and how often it happened.

export const FAULTS = [
  /** A gossip message does not arrive over a link. */
  'loss',
  /** A gossip message arrives twice. */
  'duplication',
  /** A gossip message arrives after later ones. */
  'reordering',
  /** A message takes far longer than its link does as a rule. */
  'delay',
  /** A link has little bandwidth and a long way for a while. */
  'slow-link',
  /** One of two directions carries nothing. */
  'one-way-partition',
  /** The nodes fall into two groups that do not reach each other. */
  'partition',
  /** As that, and the groups change while it lasts. */
  'moving-partition',
  /** A process dies: what was not durable is lost. */
  'crash',
  /** A process stops as it should, and starts again. */
  'restart',
  /** A node comes back with an older state of its disk. */
  'restored-disk',
  /** A copy of a node's disk is started beside it, under the same peer id. */
  'copied-disk',
  /** A clock jumps ahead, by seconds to years. */
  'clock-jump',
  /** A clock runs too fast, or too slow. */
  'clock-fast',
  /** Commits take long. */
  'slow-disk',
  /** The disk is full for a while. */
  'refusing-disk',
  /** A bit of a stored record flips. */
  'bit-flip',
  /** A stream breaks after any number of bytes. */
  'cut-stream',
  /** Gossip reaches nobody for a while. */
  'gossip-off',
] as const

export type FaultName = (typeof FAULTS)[number]

/** Under these a replica id goes back in time, or has two writers. */
export const ROLLBACK_FAULTS: ReadonlySet<FaultName> = new Set(['restored-disk', 'copied-disk'])

/**
 * Under these a process may die, or be out of reach of all members for a moment: too slow an answer
 * is none, and a clock that jumps makes any answer too slow.
 */
export const CUTTING_FAULTS: ReadonlySet<FaultName> = new Set([
  'delay',
  'slow-link',
  'one-way-partition',
  'partition',
  'moving-partition',
  'crash',
  'restart',
  'clock-jump',
  'bit-flip',
  'cut-stream',
])

/** These leave vectors that claim too much. In exact runs they hit only what its writer has too. */
export const DAMAGING_FAULTS: ReadonlySet<FaultName> = new Set(['bit-flip'])

export const isFaultName = (name: string): name is FaultName =>
  (FAULTS as readonly string[]).includes(name)

export type FaultCounts = Record<FaultName, number>

export const noFaults = (): FaultCounts =>
  Object.fromEntries(FAULTS.map((name) => [name, 0])) as FaultCounts
