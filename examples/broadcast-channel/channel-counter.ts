// Replicas of a counter that talk over a BroadcastChannel: tabs of one browser, or threads of one program.
import { DistributedKeyCounter, type VersionVector } from '@tallymesh/core'

/** "I hold this much", or "here is what you may lack". */
type Message =
  | { readonly type: 'hello'; readonly version: VersionVector }
  | { readonly type: 'delta'; readonly bytes: Uint8Array }

export class ChannelCounter extends EventTarget {
  readonly #counter: DistributedKeyCounter
  readonly #channel: BroadcastChannel

  /** @param replica not used by any other that is alive, or ever was */
  constructor(name: string, replica: string) {
    super()
    this.#counter = new DistributedKeyCounter({ replica })
    this.#channel = new BroadcastChannel(name)
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data as Message))
    this.#greet()
  }

  increment(key: string, amount: number | bigint = 1): bigint {
    const since = this.#counter.version
    const { value } = this.#counter.increment(key, amount)
    // An increment is a delta of some twenty bytes; who lost one hears of it with the next greeting.
    this.#send({ type: 'delta', bytes: this.#counter.encode({ since }) })
    return value
  }

  getValue(key: string): bigint {
    return this.#counter.getValue(key)
  }

  close(): void {
    this.#channel.close()
  }

  #hear(message: Message): void {
    if (message.type === 'hello') this.#answer(message.version)
    else if (this.#counter.applyEncoded(message.bytes).length > 0)
      this.dispatchEvent(new Event('change'))
  }

  /** Sends what the other lacks; and greets back where the other holds more. */
  #answer(theirs: VersionVector): void {
    const mine = this.#counter.version
    const isAhead = (a: VersionVector, b: VersionVector): boolean =>
      [...a].some(([replica, seq]) => seq > (b.get(replica) ?? 0))
    if (isAhead(mine, theirs))
      this.#send({ type: 'delta', bytes: this.#counter.encode({ since: theirs }) })
    if (isAhead(theirs, mine)) this.#greet()
  }

  #greet(): void {
    this.#send({ type: 'hello', version: this.#counter.version })
  }

  #send(message: Message): void {
    this.#channel.postMessage(message)
  }
}
