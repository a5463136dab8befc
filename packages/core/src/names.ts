// Texts as small numbers, in the order in which they were met.
import { NONE } from './slot-rows.ts'

export class Names {
  readonly texts: string[] = []
  readonly #numbers = new Map<string, number>()
  /** The number of `text`, or -1. */
  find(text: string): number {
    return this.#numbers.get(text) ?? NONE
  }

  add(text: string): number {
    const number = this.texts.push(text) - 1
    this.#numbers.set(text, number)
    return number
  }
}
