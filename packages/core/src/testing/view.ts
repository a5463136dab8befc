// A counter's state as plain data, for comparing; and its values, computed from that by definition.
import type { DistributedKeyCounter } from '../counter.ts'
import type { Floor } from '../floor.ts'
import type { Integer } from '../integer.ts'
import type { RequestRecord } from '../request.ts'
import type { Slot } from '../slot.ts'

export interface SlotView extends Slot {
  readonly replica: string
  readonly requests: readonly RequestRecord[]
}

export interface View {
  readonly slots: Record<string, readonly SlotView[]>
  readonly version: Record<string, number>
  readonly floors?: Record<string, Floor>
}

/** Keys are marked, so that none is special to objects. */
const marked = (key: string): string => `key ${key}`

/** All that two equal counters have in common, whatever their own ids. */
export const viewOf = (counter: DistributedKeyCounter): View => ({
  slots: Object.fromEntries(
    counter
      .keys()
      .toSorted()
      .map((key) => [
        marked(key),
        counter
          .slots(key)
          .map((slot) => ({ ...slot, requests: counter.requests(slot.replica, key) })),
      ]),
  ),
  version: Object.fromEntries([...counter.version].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  ...floorsOf(counter),
})

const floorsOf = (counter: DistributedKeyCounter): Pick<View, 'floors'> => {
  const floors = counter.floors().toSorted((a, b) => (a.replica < b.replica ? -1 : 1))
  if (floors.length === 0) return {}
  return { floors: Object.fromEntries(floors.map(({ replica, floor }) => [replica, floor])) }
}

/** The values and ops that a counter shows. */
export const valuesOf = (counter: DistributedKeyCounter): Record<string, unknown> =>
  Object.fromEntries(
    counter
      .list()
      .map(({ key, value, ops }) => [marked(key), { value, ops }] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

/**
 * The same by definition (DESIGN section 7): the sum of the slots, less each request of which n slots
 * hold a record (same id, key, amount and ops) n - 1 times.
 */
export const valuesByDefinition = ({ slots }: View): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(slots).map(([key, ofKey]) => {
      const repeated = repeatedRequests(ofKey)
      const value = sum(ofKey.map(({ total }) => total)) - sum(repeated.map(({ amount }) => amount))
      const ops =
        ofKey.reduce((all, slot) => all + slot.ops, 0) -
        repeated.reduce((all, record) => all + record.ops, 0)
      return [key, { value, ops }]
    }),
  )

const sum = (amounts: readonly Integer[]): bigint =>
  amounts.reduce<bigint>((all, amount) => all + BigInt(amount), 0n)

const repeatedRequests = (slots: readonly SlotView[]): RequestRecord[] => {
  const seen = new Set<string>()
  return slots
    .flatMap(({ requests }) => requests)
    .filter(({ hash, amount, ops }) => seen.size === seen.add(`${hash} ${amount} ${ops}`).size)
}
