// What happened, as a hash that two equal runs share, and as lines where someone wants to read it.
import type { Timeline } from './timeline.ts'

export class Trace {
  readonly #timeline: Timeline
  readonly #print: ((line: string) => void) | undefined
  #hash = 0x811c9dc5
  #other = 0

  constructor(timeline: Timeline, print?: (line: string) => void) {
    this.#timeline = timeline
    this.#print = print
  }

  /** Whether someone reads along: what is costly to say can be left out otherwise. */
  get isRead(): boolean {
    return this.#print !== undefined
  }

  note(where: string, what: string, size = 0): void {
    const time = this.#timeline.now
    this.#mix(Math.round(time * 1000))
    this.#mix(size)
    for (let i = 0; i < where.length; i++) this.#mix(where.charCodeAt(i))
    for (let i = 0; i < what.length; i++) this.#mix(what.charCodeAt(i))
    this.#print?.(
      `${time.toFixed(1).padStart(9)}  ${where.padEnd(8)} ${what}${size > 0 ? ` (${size})` : ''}`,
    )
  }

  get hash(): string {
    return [this.#hash, this.#other].map((n) => (n >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #mix(n: number): void {
    this.#hash = Math.imul(this.#hash ^ (n & 0xffff), 0x01000193)
    this.#hash = Math.imul(this.#hash ^ ((n >>> 16) & 0xffff), 0x01000193)
    this.#other = (Math.imul(this.#other, 31) + this.#hash) | 0
  }
}
