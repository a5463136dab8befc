// Whether a counter's history is linearizable, where each read tells exactly which increments it saw.
import type { Increment, Operations, Read } from './history.ts'

/** The `n`th increment of a key adds this: a digit of its own, to the base of 4. */
export const amountOf = (n: number): bigint => 4n ** BigInt(n)

/** Whether each increment has a digit of its own. */
export const haveDigits = ({ increments }: Operations): boolean => {
  const amounts = new Set(increments.map(({ amount }) => amount))
  return amounts.size === increments.length && [...amounts].every(isPowerOf4)
}

const isPowerOf4 = (amount: bigint): boolean => {
  if (amount <= 0n || (amount & (amount - 1n)) !== 0n) return false
  return (amount.toString(2).length - 1) % 2 === 0
}

/**
 * What breaks linearizability, in words; undefined where nothing does. Exact.
 *
 * With a digit each, a read is the set of increments that it saw (`saw`), sets are bits of a number, and
 * "sees no more than" is `&`. A history is linearizable if and only if
 *
 * 1. of two reads, one saw all that the other did;
 * 2. a read that began after another had ended saw all that the other did;
 * 3. a read saw every increment that had ended before it began, and none that began after it had ended;
 * 4. a read that saw an increment saw all those that had ended before that one began.
 *
 * Each is necessary: in any order of the whole, a read sees just what stands before it, so 1 holds, and
 * what ended before something began stands before it, so 2, 3 and 4 hold.
 *
 * Together they are sufficient. By 1 the sets form a chain S1 < S2 < …. Put down the increments of S1,
 * then the reads that saw S1; then the increments that S2 has besides, the reads that saw S2, and so on;
 * in the end the increments that nobody saw. Within each group, go by the time of invocation. Each
 * read then sees what stands before it. Should x have ended before y began, y does not stand before x:
 * not within a group (x was invoked first); not two reads in different groups, by 2; not an increment
 * and a read, by 3; and not two increments in different groups: the reads of y's group saw y and not
 * x, against 4. What was not acknowledged may be put last, or nowhere.
 */
export const whyNotByDigits = ({ increments, reads }: Operations): string | undefined => {
  const all = increments.reduce((sum, { amount }) => sum | amount, 0n)
  for (const read of reads) {
    const strange = strangeIn(read, all)
    if (strange !== undefined) return strange
  }
  return (
    whyNoChain(reads) ??
    whyGoesBack(reads) ??
    firstOf(reads, (read) => whyNotSeen(read, increments)) ??
    firstOf(reads, (read) => whyOutOfOrder(read, increments))
  )
}

const firstOf = <T>(list: readonly T[], why: (one: T) => string | undefined) => {
  for (const one of list) {
    const reason = why(one)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** All digits of an increment's base, and not the lower bit alone. */
const twice = (amount: bigint): bigint => amount << 1n

const strangeIn = (read: Read, all: bigint): string | undefined => {
  if (read.value < 0n) return `${nameOf(read)} is below zero`
  const doubled = read.value & twice(all)
  if (doubled !== 0n) return `${nameOf(read)} shows an increment twice`
  if ((read.value & ~all) !== 0n) return `${nameOf(read)} shows what nobody added`
  return undefined
}

const byValue = (a: Read, b: Read): number => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0)

/** A smaller set is a smaller number, so neighbours in the order of numbers tell of all. */
const whyNoChain = (reads: readonly Read[]): string | undefined => {
  const sorted = reads.toSorted(byValue)
  for (let i = 1; i < sorted.length; i++) {
    const [smaller, larger] = [sorted[i - 1]!, sorted[i]!]
    if ((smaller.value & larger.value) !== smaller.value)
      return `${nameOf(smaller)} and ${nameOf(larger)} each miss what the other saw`
  }
  return undefined
}

const whyGoesBack = (reads: readonly Read[]): string | undefined => {
  const ended = reads.toSorted((a, b) => a.returnedAt - b.returnedAt)
  let next = 0
  let most: Read | undefined
  for (const read of reads.toSorted((a, b) => a.invokedAt - b.invokedAt)) {
    for (; next < ended.length && ended[next]!.returnedAt < read.invokedAt; next++)
      if (most === undefined || ended[next]!.value > most.value) most = ended[next]!
    if (most !== undefined && most.value > read.value)
      return `${nameOf(read)} goes back behind ${nameOf(most)}`
  }
  return undefined
}

const saw = (read: Read, { amount }: Increment): boolean => (read.value & amount) !== 0n

const whyNotSeen = (read: Read, increments: readonly Increment[]): string | undefined => {
  for (const increment of increments) {
    const isSeen = saw(read, increment)
    if (!isSeen && increment.returnedAt < read.invokedAt)
      return `${nameOf(read)} misses ${nameOf(increment)}, which was acknowledged before it began`
    if (isSeen && increment.invokedAt > read.returnedAt)
      return `${nameOf(read)} shows ${nameOf(increment)}, which began after it had ended`
  }
  return undefined
}

const whyOutOfOrder = (read: Read, increments: readonly Increment[]): string | undefined => {
  let last: Increment | undefined
  for (const increment of increments)
    if (saw(read, increment) && increment.invokedAt > (last?.invokedAt ?? -Infinity))
      last = increment
  if (last === undefined) return undefined
  const missed = increments.find(
    (increment) => increment.returnedAt < last.invokedAt && !saw(read, increment),
  )
  return missed === undefined
    ? undefined
    : `${nameOf(read)} shows ${nameOf(last)}, and misses ${nameOf(missed)}, which was acknowledged before that began`
}

const when = ({ invokedAt, returnedAt }: Read | Increment): string =>
  `${invokedAt} to ${returnedAt === Infinity ? 'no answer' : returnedAt}`

const nameOf = (operation: Read | Increment): string =>
  operation.kind === 'read'
    ? `the read of ${operation.value} by ${operation.process} (${when(operation)})`
    : `the increment of ${operation.amount} by ${operation.process} (${when(operation)})`
