// The fixed list of members, as eight bytes: votes of different lists do not mix.
import { hashText, type Hash64 } from '@tallymesh/core'

/**
 * The sum of the hashes of the ids, whatever their order: 64 bits against a slip of the operator's, who
 * changed the list on one peer and not yet on another.
 */
export const hashOfMembers = (members: readonly string[]): Hash64 => {
  let [low, high] = [0, 0]
  for (const member of new Set(members)) {
    const hash = hashText(member)
    low = (low + hash.low) >>> 0
    high = (high + hash.high) >>> 0
  }
  return { low, high }
}
