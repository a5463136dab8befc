// Merkle descent: two replicas walk their trees down to the keys that differ, and swap those counters.
import {
  EMPTY_FINGERPRINT,
  FAN_OUT,
  isSameFloor,
  joinFloors,
  MAX_DEPTH,
  TallymeshError,
  type Delta,
  type DistributedKeyCounter,
  type Floor,
  type KeyedDelta,
  type KeyedUnit,
  type NodeName,
  type RequestRecord,
} from '@tallymesh/core'
import { Queue } from './queue.ts'
import { weigh } from './transfer.ts'

/** A node with few keys shows them one by one: cheaper than another level. */
const MAX_ENTRIES = 16
/** Aimed-at bytes of a message. */
const TURN_BYTES: number = 256 * 1024
/** A fingerprint. */
const FINGERPRINT_BYTES = 4
/** A node's name, at its longest in practice. */
const NAME_BYTES = 4

/** A node, with what its children come to, or with what each key on it comes to. */
export interface ShownNode extends NodeName {
  readonly kind: 'children' | 'entries'
  readonly fingerprints: readonly number[]
}

/** Keys on a node that are asked for, by what they come to at the peer. */
export interface WantedEntries extends NodeName {
  readonly fingerprints: readonly number[]
}

/** One turn of a descent. */
export interface DescentTurn<D extends Delta = Delta> {
  readonly nodes: readonly ShownNode[]
  readonly wants: readonly WantedEntries[]
  /** Whole counters that differ from the peer's, to be answered with what beats them. */
  readonly offers: readonly D[]
  /** What was wanted, and what beats what was offered. */
  readonly replies: readonly D[]
  /** Whether the sender needs an answer, or has more to say. */
  readonly waits: boolean
}

/** A counter to send, less the slots of it that the peer is known to hold. */
interface Parcel {
  readonly key: string
  readonly held: ReadonlyMap<string, Slotlike> | undefined
}

/** Parts of a shown node that a peer takes up: its children, a bit each; or its entries. */
const ALL_CHILDREN = 2 ** FAN_OUT - 1
const ENTRIES = 2 ** FAN_OUT
/** What the root is a child of. */
const ABOVE_ROOT: NodeName = { depth: -1, prefix: 0 }

const parentOf = ({ depth, prefix }: NodeName): NodeName => ({
  depth: depth - 1,
  prefix: Math.floor(prefix / FAN_OUT),
})

const nameOf = ({ depth, prefix }: NodeName): number => depth * FAN_OUT ** MAX_DEPTH + prefix

type Slotlike = Pick<KeyedUnit, 'first' | 'seq' | 'ops' | 'total' | 'requests'>

/**
 * One side of a descent. It says what differs, and forgets what it was told: a node is named by its
 * prefix, so that writes on either side meanwhile do no harm but a detour.
 */
export class Descent {
  readonly #counter: DistributedKeyCounter
  readonly #salt: number
  readonly #turnBytes: number
  readonly #mayHandOn: (replica: string) => boolean
  readonly #nodes = new Queue<NodeName>()
  readonly #wants = new Queue<WantedEntries>()
  readonly #offers = new Queue<Parcel>()
  readonly #replies = new Queue<Parcel>()
  #floorOffers: string[] = []
  #floorReplies: string[] = []
  /** The peer has not shown its floors yet. */
  #answersFloors = true
  /** What the peer may take up yet of what was shown to it. Each once: so its work is bounded. */
  readonly #shown = new Map<number, number>([[nameOf(ABOVE_ROOT), 1]])

  /**
   * @param salt 32 bits that both sides know
   * @param mayHandOn whose slots this side may send
   * @param turnBytes of a turn, aimed at
   */
  constructor(
    counter: DistributedKeyCounter,
    salt: number,
    mayHandOn: (replica: string) => boolean,
    turnBytes: number = TURN_BYTES,
  ) {
    this.#turnBytes = turnBytes
    this.#counter = counter
    this.#salt = salt
    this.#mayHandOn = mayHandOn
  }

  /** Begins at the root: the side whose turn is first. It shows all its floors. */
  begin(): void {
    this.#floorOffers = this.#floorsBeyond(new Map())
    this.#answersFloors = false
    this.#shown.clear()
    this.#nodes.push({ depth: 0, prefix: 0 })
  }

  /**
   * Takes in the peer's turn, before its offers are joined.
   *
   * @throws {TallymeshError} `ERR_PROTOCOL` where it takes up what was not shown to it, or twice
   */
  take({ nodes, wants, offers, waits }: DescentTurn): void {
    // A peer that wants no descent shows none, and needs none.
    if (this.#answersFloors && waits) {
      const shown = offers.map(({ replica, floor }) => [replica, floor] as const)
      this.#floorReplies = this.#floorsBeyond(new Map(shown))
      this.#answersFloors = false
    }
    for (const node of nodes) {
      this.#takeUp(parentOf(node), 1 << (node.prefix % FAN_OUT))
      if (node.kind === 'children') this.#compareChildren(node)
      else this.#compareEntries(node)
    }
    const offered = byKey(offers)
    for (const [key, held] of offered)
      if (this.#unitsBeyond(key, held).length > 0) this.#replies.push({ key, held })
    for (const want of wants) {
      this.#takeUp(want, ENTRIES)
      this.#answerWant(want, offered)
    }
    // A counter is offered once, and wanted once.
    if (this.#replies.length > 2 * this.#counter.size)
      throw new TallymeshError('ERR_PROTOCOL', 'a descent offers counters again and again')
  }

  #takeUp(name: NodeName, part: number): void {
    const left = this.#shown.get(nameOf(name)) ?? 0
    if ((left & part) === 0)
      throw new TallymeshError('ERR_PROTOCOL', 'a descent takes up what was not shown')
    if (left === part) this.#shown.delete(nameOf(name))
    else this.#shown.set(nameOf(name), left - part)
  }

  /** This side's turn: as much as a message holds. */
  next(): DescentTurn<KeyedDelta> {
    let room = this.#turnBytes
    const nodes: ShownNode[] = []
    while (room > 0 && this.#nodes.length > 0) {
      const node = this.#show(this.#nodes.shift()!)
      nodes.push(node)
      this.#shown.set(nameOf(node), node.kind === 'children' ? ALL_CHILDREN : ENTRIES)
      room -= NAME_BYTES + FINGERPRINT_BYTES * node.fingerprints.length
    }
    const wants: WantedEntries[] = []
    while (room > 0 && this.#wants.length > 0) {
      const want = this.#wants.shift()!
      wants.push(want)
      room -= NAME_BYTES + FINGERPRINT_BYTES * want.fingerprints.length
    }
    const offers: Parcel[] = []
    const replies: Parcel[] = []
    for (const [queue, parcels] of [
      [this.#offers, offers],
      [this.#replies, replies],
    ] as const)
      while (room > 0 && queue.length > 0) {
        const parcel = queue.shift()!
        parcels.push(parcel)
        room -= this.#weighParcel(parcel)
      }
    const floorOffers = this.#floorOffers.splice(0)
    const floorReplies = this.#floorReplies.splice(0)
    const left =
      this.#nodes.length + this.#wants.length + this.#offers.length + this.#replies.length
    return {
      nodes,
      wants,
      offers: this.#pack(offers, floorOffers),
      replies: this.#pack(replies, floorReplies),
      waits: nodes.length + wants.length + offers.length + floorOffers.length + left > 0,
    }
  }

  // Comparing

  #compareChildren(node: ShownNode): void {
    const own = this.#counter.tree.children(node, this.#salt)
    own.forEach((fingerprint, i) => {
      if (fingerprint === node.fingerprints[i]) return
      const child = { depth: node.depth + 1, prefix: node.prefix * FAN_OUT + i }
      if (node.fingerprints[i] === EMPTY_FINGERPRINT) this.#offerAll(child)
      else this.#nodes.push(child)
    })
  }

  #compareEntries(node: ShownNode): void {
    const theirs = new Set(node.fingerprints)
    for (const { key, fingerprint } of this.#entries(node))
      if (!theirs.delete(fingerprint)) this.#offers.push({ key, held: undefined })
    if (theirs.size > 0)
      this.#wants.push({ depth: node.depth, prefix: node.prefix, fingerprints: [...theirs] })
  }

  #offerAll(node: NodeName): void {
    for (const { key } of this.#entries(node)) this.#offers.push({ key, held: undefined })
  }

  #answerWant(want: WantedEntries, offered: ReadonlyMap<string, unknown>): void {
    const wanted = new Set(want.fingerprints)
    for (const { key, fingerprint } of this.#entries(want))
      if (wanted.has(fingerprint) && !offered.has(key)) this.#replies.push({ key, held: undefined })
  }

  // Showing

  #show(name: NodeName): ShownNode {
    const limit = name.depth < MAX_DEPTH ? MAX_ENTRIES : Infinity
    const entries = this.#counter.tree.entries(name, this.#salt, limit)
    if (entries === undefined)
      return {
        ...name,
        kind: 'children',
        fingerprints: this.#counter.tree.children(name, this.#salt),
      }
    return { ...name, kind: 'entries', fingerprints: entries.map(({ fingerprint }) => fingerprint) }
  }

  #entries(node: NodeName): { key: string; fingerprint: number }[] {
    const keys = this.#counter.keys()
    return this.#counter.tree
      .entries(node, this.#salt)!
      .map(({ key, fingerprint }) => ({ key: keys[key]!, fingerprint }))
  }

  // Counters

  #weighParcel({ key, held }: Parcel): number {
    return this.#unitsBeyond(key, held).reduce((sum, { unit }) => sum + weigh(unit, 0), 0)
  }

  /** The slots of a counter that this side may send, less those that the peer is known to hold. */
  #unitsBeyond(
    key: string,
    held: ReadonlyMap<string, Slotlike> | undefined,
  ): { replica: string; unit: KeyedUnit }[] {
    return this.#counter
      .slots(key)
      .filter(({ replica }) => this.#mayHandOn(replica))
      .map(({ replica, ...slot }) => ({
        replica,
        unit: { key, ...slot, requests: this.#counter.requests(replica, key) },
      }))
      .filter(({ replica, unit }) => !holds(held?.get(replica), unit))
  }

  /** The replicas whose floors this side may send, and the peer is not known to hold. */
  #floorsBeyond(shown: ReadonlyMap<string, Floor | undefined>): string[] {
    return this.#counter
      .floors()
      .filter(({ replica }) => this.#mayHandOn(replica))
      .filter(({ replica, floor }) => !isHeld(floor, shown.get(replica)))
      .map(({ replica }) => replica)
  }

  /** Whole counters and floors as deltas: from 0, and claiming nothing. */
  #pack(parcels: readonly Parcel[], floors: readonly string[]): KeyedDelta[] {
    const units = new Map<string, KeyedUnit[]>(floors.map((replica) => [replica, []]))
    for (const { key, held } of parcels)
      for (const { replica, unit } of this.#unitsBeyond(key, held)) {
        const list = units.get(replica)
        if (list === undefined) units.set(replica, [unit])
        else list.push(unit)
      }
    return [...units].map(([replica, list]) => ({
      replica,
      from: 0,
      to: 0,
      units: list.sort((a, b) => a.seq - b.seq),
      // Slots are as the floor left them.
      floor: this.#counter.floor(replica),
    }))
  }
}

const isHeld = (ours: Floor, theirs: Floor | undefined): boolean =>
  theirs !== undefined && theirs.at >= ours.at && isSameFloor(joinFloors(theirs, ours), theirs)

const holds = (theirs: Slotlike | undefined, ours: Slotlike): boolean => {
  if (theirs === undefined) return false
  if (theirs.seq !== ours.seq) return theirs.seq > ours.seq
  return (
    theirs.first === ours.first &&
    theirs.ops === ours.ops &&
    theirs.total === ours.total &&
    theirs.requests.length === ours.requests.length &&
    theirs.requests.every((record, i) => isEqualRequest(record, ours.requests[i]!))
  )
}

const isEqualRequest = (a: RequestRecord, b: RequestRecord): boolean =>
  a.hash === b.hash && a.seq === b.seq && a.amount === b.amount && a.ops === b.ops

/** The units of whole counters, by key and replica. */
const byKey = (deltas: readonly Delta[]): Map<string, Map<string, Slotlike>> => {
  const keys = new Map<string, Map<string, Slotlike>>()
  for (const { replica, units } of deltas)
    for (const unit of units) {
      if (unit.key === undefined) continue
      const held = keys.get(unit.key) ?? new Map<string, Slotlike>()
      keys.set(unit.key, held.set(replica, unit))
    }
  return keys
}
