// A page of a test's own, bundled from the sources and served on loopback, where browsers take it for
// a secure context.
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'vite'

/** By entry: many tests of a file serve the same page. */
const bundles = new Map<string, Promise<string>>()

function bundleOnce(entry: string): Promise<string> {
  const bundled = bundles.get(entry) ?? bundle(entry)
  bundles.set(entry, bundled)
  return bundled
}

async function bundle(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@tallymesh/source'] },
    build: { write: false, lib: { entry, formats: ['es'], fileName: 'page' } },
  })
  const [output] = Array.isArray(result) ? result : [result]
  if (output === undefined || !('output' in output)) throw new Error('vite built nothing')
  return output.output[0].code
}

export class PageServer implements AsyncDisposable {
  readonly #server: Server
  /** What `/page.json` answers: pages look there for the peer that serves them. */
  peer: unknown

  private constructor(script: string) {
    this.#server = createServer((request, response) => {
      if (request.url === '/page.json') return this.#answerPeer(response)
      const js = request.url === '/page.js'
      response.setHeader('content-type', js ? 'text/javascript' : 'text/html')
      response.end(js ? script : '<!doctype html><script type="module" src="/page.js"></script>')
    })
  }

  /** @param entry the path of the page's script */
  static async start(entry: string): Promise<PageServer> {
    const server = new PageServer(await bundleOnce(entry))
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`
  }

  #answerPeer(response: ServerResponse): void {
    response.statusCode = this.peer === undefined ? 503 : 200
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(this.peer ?? {}))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
