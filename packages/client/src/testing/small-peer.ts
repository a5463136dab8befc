// A peer of one replica on a real port, that counts requests once and fails as it is told.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How the peer treats the next increment; what is left out is an answer as it should be. */
export type Trouble = 'drop after applying' | 'cut the answer' | 'hang' | 'garbage'

interface Result {
  readonly key: string
  readonly value: string
  readonly ops: number
  readonly replica: string
  readonly seq: number
}

interface Body {
  readonly value: string
  readonly requestId: string
}

export class SmallPeer implements AsyncDisposable {
  readonly troubles: Trouble[] = []
  readonly #counters = new Map<string, Result>()
  readonly #requests = new Map<string, Body & { readonly result: Result }>()
  readonly #server: Server = createServer(
    (request, response) => void this.#serve(request, response),
  )
  #seq = 0

  static async start(): Promise<SmallPeer> {
    const peer = new SmallPeer()
    await new Promise<void>((resolve) => peer.#server.listen(0, '127.0.0.1', resolve))
    return peer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  value(key: string): string {
    return this.#counters.get(key)?.value ?? '0'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat((await request.toArray()) as Buffer[]).toString()
    const [, key = ''] = /^\/v1\/counters\/([^/]+)\/increment$/.exec(request.url ?? '') ?? []
    if (key === '') return this.#list(response)
    const trouble = this.troubles.shift()
    if (trouble === 'hang') return
    const [status, answer] = this.#increment(key, JSON.parse(body) as Body)
    const text = JSON.stringify(answer)
    if (trouble === 'drop after applying') return void response.destroy()
    if (trouble === 'garbage') return void response.end('<p>hello</p>')
    response.writeHead(status, { 'content-length': text.length })
    if (trouble !== 'cut the answer') return void response.end(text)
    response.write(text.slice(0, 9), () => response.destroy())
  }

  #increment(key: string, { value, requestId }: Body): [number, object] {
    const known = this.#requests.get(requestId)
    if (known?.value === value) return [200, { ...known.result, duplicate: true }]
    if (known) return [409, { code: 'ERR_REQUEST_CONFLICT', detail: 'used before', status: 409 }]
    const { ops = 0 } = this.#counters.get(key) ?? {}
    const total = (BigInt(this.value(key)) + BigInt(value)).toString()
    const result = { key, value: total, ops: ops + 1, replica: 'r', seq: ++this.#seq }
    this.#counters.set(key, result)
    this.#requests.set(requestId, { value, requestId, result })
    return [200, { ...result, duplicate: false }]
  }

  #list(response: ServerResponse): void {
    const counters = [...this.#counters.values()].map(({ key, value, ops }) => ({
      key,
      value,
      ops,
    }))
    response.end(
      JSON.stringify({ counters: counters.toSorted((a, b) => (a.key < b.key ? -1 : 1)) }),
    )
  }
}
