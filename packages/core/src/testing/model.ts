// A counter as naive as can be: a map of maps of slots, joins and values by their definitions.
import { TallymeshError } from '../errors.ts'
import type { Integer } from '../integer.ts'
import type { RequestRecord } from '../request.ts'
import { valuesByDefinition, type SlotView, type View } from './view.ts'

export interface ModelDelta {
  readonly replica: string
  readonly from: number
  readonly to: number
  /** Whole slots, with their keys and all of their requests. */
  readonly slots: readonly (readonly [string, SlotView])[]
}

export class Model {
  readonly replica: string
  readonly slots = new Map<string, Map<string, SlotView>>()
  readonly version = new Map<string, number>()
  /** Deltas past a gap, by replica. */
  readonly held = new Map<string, ModelDelta[]>()

  constructor(replica: string) {
    this.replica = replica
  }

  increment(
    key: string,
    amount: Integer,
    hash: string | undefined,
  ): { replica: string; seq: number; duplicate: boolean } | 'ERR_REQUEST_CONFLICT' {
    const known = this.#all()
      .flatMap(([at, { replica, requests }]) => requests.map((record) => ({ at, replica, record })))
      .filter(({ record }) => record.hash === hash)
    const [same] = known
      .filter(({ at, record }) => at === key && record.amount === amount)
      .toSorted((a, b) => (a.replica < b.replica ? -1 : 1))
    if (same !== undefined) return { replica: same.replica, seq: same.record.seq, duplicate: true }
    if (known.length > 0) return 'ERR_REQUEST_CONFLICT'
    const { replica } = this
    const seq = (this.version.get(replica) ?? 0) + 1
    const before = this.slots.get(key)?.get(replica)
    const total = BigInt(before?.total ?? 0) + BigInt(amount)
    const record: RequestRecord[] = hash === undefined ? [] : [{ hash, amount, seq, ops: 1 }]
    this.#put(key, {
      replica,
      first: before?.first ?? seq,
      seq,
      ops: (before?.ops ?? 0) + 1,
      total: Number.isSafeInteger(Number(total)) ? Number(total) : total,
      requests: [...(before?.requests ?? []), ...record],
    })
    this.version.set(replica, seq)
    return { replica, seq, duplicate: false }
  }

  deltaSince(replica: string, from: number): ModelDelta {
    const slots = this.#all().filter(([, slot]) => slot.replica === replica && slot.seq > from)
    return { replica, from, to: Math.max(from, this.version.get(replica) ?? 0), slots }
  }

  state(since: ReadonlyMap<string, number>): ModelDelta[] {
    const replicas = new Set(this.#all().map(([, { replica }]) => replica))
    return [...replicas]
      .map((replica) => this.deltaSince(replica, since.get(replica) ?? 0))
      .filter(({ from, to, slots }) => to > from || slots.length > 0)
  }

  /** Whole or not at all; what closes a gap lets in what was held behind it. */
  join(delta: ModelDelta): void {
    const { replica } = delta
    if (!this.#joinOne(delta)) return this.#hold(delta)
    const held = this.held.get(replica) ?? []
    this.held.delete(replica)
    for (const next of held.toSorted((a, b) => a.from - b.from))
      if (next.to > this.version.get(replica)! && !this.#joinOne(next)) this.#hold(next)
  }

  /** All slots of another, and nothing else. */
  joinSlots(other: Model): void {
    for (const [key, slot] of other.#all()) this.#joinSlot(key, slot)
  }

  view(): View {
    return {
      slots: Object.fromEntries(
        [...this.slots]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, ofKey]) => [
            `key ${key}`,
            [...ofKey.values()].toSorted((a, b) => (a.replica < b.replica ? -1 : 1)),
          ]),
      ),
      version: Object.fromEntries(this.version),
    }
  }

  values(): Record<string, unknown> {
    return valuesByDefinition(this.view())
  }

  #hold(delta: ModelDelta): void {
    this.held.set(delta.replica, [...(this.held.get(delta.replica) ?? []), delta])
  }

  #joinOne({ replica, from, to, slots }: ModelDelta): boolean {
    const version = this.version.get(replica) ?? 0
    if (from > version) return false
    for (const [key, slot] of slots) this.#joinSlot(key, slot)
    if (to > version) this.version.set(replica, to)
    return true
  }

  #joinSlot(key: string, slot: SlotView): void {
    const held = this.slots.get(key)?.get(slot.replica)
    if (held === undefined || slot.seq > held.seq) this.#put(key, slot)
    else if (slot.seq === held.seq && slot.total !== held.total)
      throw new TallymeshError('ERR_MALFORMED', 'the model knows no forks')
  }

  #put(key: string, slot: SlotView): void {
    const ofKey = this.slots.get(key) ?? new Map<string, SlotView>()
    this.slots.set(key, ofKey.set(slot.replica, slot))
  }

  #all(): [string, SlotView][] {
    return [...this.slots].flatMap(([key, ofKey]) =>
      [...ofKey.values()].map((slot): [string, SlotView] => [key, slot]),
    )
  }
}
