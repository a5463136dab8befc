// How much each peer may take of this one, by what it is to it. Every number with its reason.

/** What a peer takes. */
export type Charge =
  /** Messages on streams of ours. */
  | 'messages'
  /** Bytes of those. */
  | 'bytes'
  /** Streams of ours that it opens. */
  | 'streams'
  /** Keys that nobody had counted on before, and that it brings. */
  | 'keys'
  /** Replica ids that are new here, and that it brings. */
  | 'replicas'
  /** Gossip messages that it hands to us, whoever wrote them: each costs the check of a signature. */
  | 'gossip'
  /** Bytes of gossip streams, of whatever is in them. */
  | 'gossip bytes'
  /** Gossip messages that it wrote, whoever hands them to us. */
  | 'writing'
  /** Messages that no honest program sends: malformed, or telling of what is another's. */
  | 'wrong'

/** A token bucket that may be overdrawn. */
export interface Allowance {
  /** What a peer has at first, and at most. */
  readonly burst: number
  /** What comes in. */
  readonly perSecond: number
  /** What it may owe, waiting till that has come in. Who would owe more is cut off. */
  readonly debt: number
}

/**
 * - `member`: on the list of members. They may hand on everything, so a fresh peer has all it holds from
 *   one of them, as fast as it goes; and who votes could do worse than be loud.
 * - `equal`: no members are configured, and any admitted peer may hand on everything, so these have to let
 *   a fresh peer catch up, too: 2 million keys at full speed, and what is beyond at the pace of a disk.
 * - `other`: members are configured, and it is none: it speaks for itself alone, as a tab does.
 */
export type Standing = 'member' | 'equal' | 'other'

/** Longest that one is made to wait: an exchange is given up where nothing moves for 10 s. */
const WAIT_S = 8

const allow = (burst: number, perSecond: number): Allowance =>
  Object.freeze({ burst, perSecond, debt: perSecond * WAIT_S })

const UNLIMITED: Allowance = Object.freeze({ burst: Infinity, perSecond: Infinity, debt: Infinity })
const MIB = 1024 * 1024

/** A flush window is 30 ms, so an honest writer sends 33 a second; after a stall they come at once. */
const WRITING: Allowance = allow(1000, 60)

/** Each has cost its sender a stream, or the message. Versions that do not fit say so at once. */
const WRONG: Allowance = allow(8, 0.5)

export const ALLOWANCES: Readonly<Record<Standing, Readonly<Record<Charge, Allowance>>>> =
  Object.freeze({
    member: Object.freeze({
      messages: UNLIMITED,
      bytes: UNLIMITED,
      // One a second in daily life. Streams are opened by retries, too, and those may run wild.
      streams: allow(2000, 100),
      keys: UNLIMITED,
      replicas: UNLIMITED,
      // Some 2,000 checks of signatures fill a core.
      gossip: allow(20_000, 2000),
      'gossip bytes': UNLIMITED,
      writing: WRITING,
      wrong: UNLIMITED,
    }),
    equal: Object.freeze({
      // A catch-up of a million keys is some 2,000 messages and 100 MB.
      messages: allow(100_000, 5000),
      bytes: allow(4096 * MIB, 64 * MIB),
      streams: allow(2000, 100),
      // 2 million take some 500 MB of memory. Disks take about 20,000 new ones a second.
      keys: allow(2_000_000, 20_000),
      // As many tabs as ever were open together; each takes some 55 bytes of every exchange.
      replicas: allow(20_000, 100),
      gossip: allow(20_000, 2000),
      // The most that an honest writer sends is 64 KiB each 30 ms: 2 MiB a second.
      'gossip bytes': allow(64 * MIB, 8 * MIB),
      writing: WRITING,
      wrong: WRONG,
    }),
    other: Object.freeze({
      // Strong calls go by messages of up to 256 calls each.
      messages: allow(4000, 500),
      bytes: allow(64 * MIB, 4 * MIB),
      // An exchange or two a second, and a line that it keeps open.
      streams: allow(100, 10),
      // A message of an exchange brings some 2,000 keys: one that comes too early is waited for.
      keys: allow(100_000, 500),
      // Itself, an epoch for each start that could not be proven, and tabs that it hands on for.
      replicas: allow(64, 1),
      gossip: allow(4000, 500),
      'gossip bytes': allow(16 * MIB, 2 * MIB),
      writing: WRITING,
      wrong: WRONG,
    }),
  })
