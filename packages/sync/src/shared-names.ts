// Replica ids on a line: in full the first time, by number after that.
import { LIMITS, malformed, type ByteReader, type ByteWriter } from '@tallymesh/core'
import { FLOOR_NAME_BYTES } from './floor-names.ts'

/** Ids that a line remembers; those beyond travel in full each time. */
const MAX_NAMES = 4096

/** What one side has said so far: both sides keep the same, since a line keeps order. */
export class SharedNames {
  readonly #names: string[] = []
  readonly #numbers = new Map<string, number>()

  write(writer: ByteWriter, name: string): void {
    const number = this.#numbers.get(name)
    if (number !== undefined) return writer.varint(number + 1)
    writer.varint(0)
    writer.string(name)
    this.#learn(name)
  }

  /** @throws {TallymeshError} `ERR_MALFORMED` */
  read(reader: ByteReader): string {
    const number = reader.varint()
    if (number > 0) {
      const name = this.#names[number - 1]
      if (name === undefined) throw malformed('a replica goes by a number that was not given')
      return name
    }
    const name = reader.string(LIMITS.replicaBytes + FLOOR_NAME_BYTES)
    if (name === '' || this.#numbers.has(name)) throw malformed('a replica is named anew')
    this.#learn(name)
    return name
  }

  #learn(name: string): void {
    if (this.#names.length >= MAX_NAMES) return
    this.#numbers.set(name, this.#names.push(name) - 1)
  }
}
