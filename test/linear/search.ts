// Whether a counter's history of any amounts is linearizable: by trying orders, for small ones.
import type { Operations } from './history.ts'

/** Sets of operations that are looked at before it gives up. */
const MAX_STATES = 200_000

/**
 * True, false, or undefined where it would take too long to tell. The general problem is NP-complete
 * (Gibbons and Korach, 1997): a read's sum may be that of many sets.
 *
 * Depth first over the sets of operations put in order so far (Wing and Gong, 1993); a set tells the
 * counter's value, so that a set seen once need not be seen again (Lowe, 2017).
 */
export const isLinearizableBySearch = ({ increments, reads }: Operations): boolean | undefined => {
  const operations = [...increments, ...reads].toSorted((a, b) => a.invokedAt - b.invokedAt)
  const bits = operations.map((_, i) => 1n << BigInt(i))
  const mustStand = operations.reduce(
    (sum, { returnedAt }, i) => (returnedAt < Infinity ? sum | bits[i]! : sum),
    0n,
  )
  const seen = new Set<bigint>()
  const waiting: { readonly placed: bigint; readonly value: bigint }[] = [{ placed: 0n, value: 0n }]
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const { placed, value } = state
    if ((placed & mustStand) === mustStand) return true
    if (seen.has(placed)) continue
    if (seen.add(placed).size > MAX_STATES) return undefined
    const left = operations.filter((_, i) => (placed & bits[i]!) === 0n)
    // What begins after another has ended can not be next.
    const until = Math.min(...left.map(({ returnedAt }) => returnedAt))
    operations.forEach((operation, i) => {
      if ((placed & bits[i]!) !== 0n || operation.invokedAt > until) return
      if (operation.kind === 'read' && operation.value !== value) return
      const added = operation.kind === 'inc' ? operation.amount : 0n
      waiting.push({ placed: placed | bits[i]!, value: value + added })
    })
  }
  return false
}
