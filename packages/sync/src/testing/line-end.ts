// The other end of a line, which says what a test makes it say, and keeps what it hears.
import { decodeMemberMessage, encodeMemberMessage, type MemberMessage } from '../member-messages.ts'
import type { Channel } from '../network.ts'
import { Queue } from '../queue.ts'
import { SharedNames } from '../shared-names.ts'

export class LineEnd {
  readonly heard: MemberMessage[] = []
  /** It broke, or the other side has ended it. */
  isOver = false
  /** Answers pings, as whoever lives does. */
  pongs = true
  readonly #channel: Channel
  readonly #waiting = new Queue<Uint8Array>()
  readonly #said = new SharedNames()
  readonly #heardNames = new SharedNames()
  #wake: () => void = () => {}

  constructor(channel: Channel) {
    this.#channel = channel
    void Promise.all([this.#send(), this.#receive()]).catch(() => this.#end())
  }

  say(...messages: (MemberMessage | Uint8Array)[]): void {
    for (const message of messages)
      this.#waiting.push(
        message instanceof Uint8Array ? message : encodeMemberMessage(message, this.#said),
      )
    this.#wake()
  }

  hello(epoch: string, instance: string = 'i'.repeat(16)): void {
    this.say({ type: 'hello', instance, epoch })
  }

  /** Breaks it. */
  break(): void {
    this.#channel.abort(new Error('broken'))
  }

  /** What it heard, pings and pongs apart. */
  get words(): MemberMessage[] {
    return this.heard.filter(({ type }) => type !== 'ping' && type !== 'pong')
  }

  async #send(): Promise<void> {
    await this.#channel.sink(this.#messages())
  }

  async *#messages(): AsyncGenerator<Uint8Array> {
    while (!this.isOver) {
      const message = this.#waiting.shift()
      if (message !== undefined) yield message
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async #receive(): Promise<void> {
    for await (const bytes of this.#channel.source) {
      const message = decodeMemberMessage(bytes, this.#heardNames)
      this.heard.push(message)
      if (message.type === 'ping' && this.pongs) this.say({ type: 'pong' })
    }
    this.#end()
  }

  #end(): void {
    this.isOver = true
    this.#wake()
  }
}
