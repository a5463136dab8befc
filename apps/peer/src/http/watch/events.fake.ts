// Reads server-sent events as a browser does (WHATWG HTML, 9.2.6), as far as the peer uses them.

export interface WatchedCounter {
  readonly key: string
  readonly value: string
  readonly ops: number
}

/** A watch over HTTP. */
export class Watch implements AsyncDisposable {
  readonly #cut = new AbortController()
  readonly #lines: AsyncGenerator<string, void, undefined>
  readonly response: Response
  lastEventId = ''

  private constructor(response: Response, cut: AbortController) {
    this.response = response
    this.#cut = cut
    this.#lines = linesOf(response)
  }

  /** Resolves once the peer has answered with an id: from there on, nothing is missed. */
  static async open(url: string, lastEventId?: string): Promise<Watch> {
    const cut = new AbortController()
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    const response = await fetch(url, { headers, signal: cut.signal })
    const watch = new Watch(response, cut)
    watch.lastEventId = lastEventId ?? ''
    if (lastEventId === undefined) await watch.#block()
    return watch
  }

  /** The next event, or undefined where the peer has ended them. */
  async next(): Promise<WatchedCounter | undefined> {
    for (;;) {
      const block = await this.#block()
      if (block === undefined) return undefined
      if (block['event'] === 'change') return JSON.parse(block['data']!) as WatchedCounter
    }
  }

  /** Events until one satisfies a condition, this one included. */
  async until(condition: (counter: WatchedCounter) => boolean): Promise<WatchedCounter[]> {
    const seen: WatchedCounter[] = []
    for (;;) {
      const counter = await this.next()
      if (counter === undefined) throw new Error('the peer has ended the events')
      seen.push(counter)
      if (condition(counter)) return seen
    }
  }

  /** Until the next line of an id without an event: the end of a snapshot, or a heartbeat. */
  async untilPlace(): Promise<WatchedCounter[]> {
    const seen: WatchedCounter[] = []
    for (;;) {
      const block = await this.#block()
      if (block === undefined) throw new Error('the peer has ended the events')
      if (block['event'] === 'change') seen.push(JSON.parse(block['data']!) as WatchedCounter)
      else if (block['id'] !== undefined) return seen
    }
  }

  async #block(): Promise<Record<string, string> | undefined> {
    const block: Record<string, string> = {}
    for (;;) {
      const { done, value } = await this.#lines.next()
      if (done) return undefined
      if (value === '') {
        this.lastEventId = block['id'] ?? this.lastEventId
        return block
      }
      const [, name = '', text = ''] = /^([^:]*):? ?(.*)$/.exec(value) ?? []
      block[name] = text
    }
  }

  /** The connection is dropped, as by a network. */
  cut(): void {
    this.#cut.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
  }
}

async function* linesOf({ body }: Response): AsyncGenerator<string, void, undefined> {
  let rest = ''
  for await (const piece of body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop()!
    yield* lines
  }
}
