// Amounts that tell which increment they are: powers of 4, so that any sum tells how often each is in it.

/** So many of one key fit together into a total of 1,024 bits, some of them twice. */
export const MAX_DIGITS = 500

/** The amount of the increment number `digit` of its key. */
export const amountOf = (digit: number): bigint => 4n ** BigInt(digit)

/** How often each amount is in a sum, by its digit. Right as long as none is in it four times. */
export const digitsOf = (sum: bigint): number[] =>
  sum < 0n ? [] : Array.from(sum.toString(4), Number).reverse()

/** An increment by a name: its key, and its digit. */
export const nameOf = (key: string, digit: number): string => `${key}#${digit}`

/** The names of all that is in a sum. */
export const namesIn = (key: string, sum: bigint): string[] =>
  digitsOf(sum).flatMap((times, digit) => (times > 0 ? [nameOf(key, digit)] : []))

/** Hands out the digits of each key. */
export class Digits {
  readonly #next = new Map<string, number>()

  /** The amount of another increment of `key`; undefined where there is no more room. */
  amountFor(key: string): bigint | undefined {
    const digit = this.#next.get(key) ?? 0
    if (digit === MAX_DIGITS) return undefined
    this.#next.set(key, digit + 1)
    return amountOf(digit)
  }
}
