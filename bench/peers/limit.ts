// The limit: a PN-counter by hand, a Map of small objects and one buffer of varints, and nothing else. No
// checks, no versions, no gaps, no retries, no tree: what JavaScript takes for the bare idea.

interface Slot {
  readonly replica: string
  added: number
  taken: number
}

interface Counter {
  value: number
  /** One for each replica. */
  readonly slots: Slot[]
}

export class LimitCounter {
  readonly replica: string
  readonly #counters = new Map<string, Counter>()
  #bytes: Buffer = Buffer.alloc(1024)
  #at = 0

  constructor(replica: string) {
    this.replica = replica
  }

  get size(): number {
    return this.#counters.size
  }

  value(key: string): number {
    return this.#counters.get(key)?.value ?? 0
  }

  increment(key: string, amount: number): void {
    const counter = this.#counter(key)
    const slot = slotOf(counter, this.replica)
    if (amount < 0) slot.taken -= amount
    else slot.added += amount
    counter.value += amount
  }

  /** This replica's slot of one key. */
  encodeDelta(key: string): Uint8Array {
    this.#at = 0
    this.#writeSlot(key, slotOf(this.#counter(key), this.replica))
    return this.#finish()
  }

  encode(): Uint8Array {
    this.#at = 0
    for (const [key, { slots }] of this.#counters)
      for (const slot of slots) this.#writeSlot(key, slot)
    return this.#finish()
  }

  /** Joins what either of the two encoded. */
  join(bytes: Uint8Array): void {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#at = 0
    while (this.#at < bytes.length) {
      const replica = this.#readString()
      const counter = this.#counter(this.#readString())
      const slot = slotOf(counter, replica)
      const [added, taken] = [this.#readNumber(), this.#readNumber()]
      const before = slot.added - slot.taken
      if (added > slot.added) slot.added = added
      if (taken > slot.taken) slot.taken = taken
      counter.value += slot.added - slot.taken - before
    }
  }

  #counter(key: string): Counter {
    const known = this.#counters.get(key)
    if (known !== undefined) return known
    const counter = { value: 0, slots: [] }
    this.#counters.set(key, counter)
    return counter
  }

  #writeSlot(key: string, { replica, added, taken }: Slot): void {
    const most = 2 * (replica.length + key.length) + 32
    if (this.#at + most > this.#bytes.length) {
      const grown = Buffer.alloc(2 * this.#bytes.length + most)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#writeString(replica)
    this.#writeString(key)
    this.#writeNumber(added)
    this.#writeNumber(taken)
  }

  /** ASCII only. */
  #writeString(text: string): void {
    this.#writeNumber(text.length)
    for (let i = 0; i < text.length; i++) this.#bytes[this.#at++] = text.charCodeAt(i)
  }

  #readString(): string {
    const length = this.#readNumber()
    this.#at += length
    return this.#bytes.toString('latin1', this.#at - length, this.#at)
  }

  #writeNumber(value: number): void {
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80))
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80
    this.#bytes[this.#at++] = rest
  }

  #readNumber(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  #finish(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#at))
  }
}

const slotOf = ({ slots }: Counter, replica: string): Slot => {
  for (const slot of slots) if (slot.replica === replica) return slot
  const slot = { replica, added: 0, taken: 0 }
  slots.push(slot)
  return slot
}
