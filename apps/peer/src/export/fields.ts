// The fields of a JSON object from outside, each read by what it must be.
import { TallymeshError } from '@tallymesh/core'
import { describe } from '../http/validation.ts'

const malformed = (message: string, cause?: unknown): TallymeshError =>
  new TallymeshError('ERR_MALFORMED', message, { cause })

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed('it is not JSON, or was cut', error)
  }
}

/** Every method throws `ERR_MALFORMED` with the field, what is allowed, and what was there. */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>
  /** The fields around these: `end.` */
  readonly #place: string

  private constructor(fields: object, place: string) {
    this.#fields = fields as Record<string, unknown>
    this.#place = place
  }

  static parse(text: string): Fields {
    return Fields.#of(parse(text), 'it', '')
  }

  static #of(value: unknown, what: string, place: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return new Fields(value, place)
    throw malformed(`${what} must be a JSON object; got ${describe(value)}`)
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name)
  }

  value(name: string): unknown {
    return this.has(name) ? this.#fields[name] : undefined
  }

  text(name: string): string {
    const value = this.value(name)
    if (typeof value === 'string') return value
    throw this.wrong(name, 'a string')
  }

  whole(name: string, least: number, most: number): number {
    const value = this.value(name)
    if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most)
      return Number(value)
    throw this.wrong(name, least === most ? `${least}` : `a whole number from ${least} to ${most}`)
  }

  object(name: string): Fields {
    return Fields.#of(this.value(name), this.#placeOf(name), `${this.#placeOf(name)}.`)
  }

  list(name: string): Fields[] {
    const value = this.value(name)
    if (!Array.isArray(value)) throw this.wrong(name, 'an array')
    return value.map((item: unknown, at) => {
      const place = `${this.#placeOf(name)}[${at}]`
      return Fields.#of(item, place, `${place}.`)
    })
  }

  /** What a check of core's makes of a field; its message says what is allowed. */
  checked<T>(name: string, check: (value: unknown) => T): T {
    try {
      return check(this.value(name))
    } catch (error) {
      if (!(error instanceof TallymeshError)) throw error
      throw malformed(`${this.#placeOf(name)}: ${error.message}`, error)
    }
  }

  noMoreThan(...names: readonly string[]): void {
    const unknown = Object.keys(this.#fields).find((name) => !names.includes(name))
    if (unknown === undefined) return
    throw malformed(
      `${this.#placeOf(unknown.slice(0, 40))} is not known here; allowed: ${names.join(', ')}`,
    )
  }

  wrong(name: string, allowed: string): TallymeshError {
    const got = this.has(name) ? `got ${describe(this.#fields[name])}` : 'it is missing'
    return malformed(`${this.#placeOf(name)} must be ${allowed}; ${got}`)
  }

  #placeOf(name: string): string {
    return `${this.#place}${name}`
  }
}
