// Floors in votes: each goes by a name beside the slots that it cuts, so that what is agreed on is both.
import type { DistributedKeyCounter, Floor, Unit } from '@tallymesh/core'

/** Of a peer's id up to the first dot nothing changes: who may hand on a slot may hand on its floor. */
const SUFFIX = './floor'

/** Bytes that a name may have beyond a replica id. */
export const FLOOR_NAME_BYTES: number = SUFFIX.length

const floorNameOf = (replica: string): string => replica + SUFFIX

/** The replica whose floor a name stands for; undefined where it stands for a slot. */
export const ownerOfFloor = (name: string): string | undefined =>
  name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined

export const isFloor = (part: Unit | Floor): part is Floor => 'upTo' in part

/**
 * What a counter is made of, by name and operation number: its slots, and the floor of each replica whose
 * slot began below it. A slot that began later never had a record for the floor to drop.
 */
export const partsOf = (
  counter: DistributedKeyCounter,
  key: string,
): { readonly replica: string; readonly seq: number }[] =>
  counter.slots(key).flatMap(({ replica, seq, first }) => {
    // Nobody's id but one's who means to confuse: it has no part in votes.
    if (ownerOfFloor(replica) !== undefined) return []
    const floor = counter.floor(replica)
    const slot = { replica, seq }
    if (floor === undefined || first > floor.upTo) return [slot]
    return [slot, { replica: floorNameOf(replica), seq: floor.at }]
  })
