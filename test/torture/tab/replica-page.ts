// A page that is nothing but a replica: each increment reports when its promise resolves.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { NAMES } from '../ledger.ts'
import type { Page as InPage } from './page.ts'
import type { Ending } from './profile.ts'
import type { PlannedIncrement, ShownCounter, Subject } from './subject.ts'

declare const page: InPage

const bundle = async (): Promise<string> => {
  const entry = fileURLToPath(new URL('page.ts', import.meta.url))
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

/** On loopback, where a browser gives it Web Locks. */
const serve = async (script: string): Promise<Server> => {
  const server = createServer((request, response) => {
    const js = request.url === '/page.js'
    response.setHeader('content-type', js ? 'text/javascript' : 'text/html')
    response.end(js ? script : '<!doctype html><script type="module" src="/page.js"></script>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

export class ReplicaPage implements Subject {
  readonly names = NAMES
  readonly requestIds = true
  /** Killed browsers take a second or two to start again, so fewer of those. */
  readonly endings: readonly Ending[] = [
    'close',
    'close',
    'renderer',
    'renderer',
    'renderer',
    'browser',
  ]
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<ReplicaPage> {
    return new ReplicaPage(await serve(await bundle()))
  }

  async open(tab: Page): Promise<void> {
    await tab.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`)
    await tab.waitForFunction(() => 'page' in globalThis)
    await tab.evaluate(() => page.opened.then(() => undefined))
  }

  count(tab: Page, plan: readonly PlannedIncrement[]): Promise<void> {
    return tab.evaluate((increments) => page.count(increments), plan)
  }

  list(tab: Page): Promise<readonly ShownCounter[]> {
    return tab.evaluate(() => page.list())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
