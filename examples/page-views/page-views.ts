// A web server that counts its page views together with all others like it.
import { mkdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { DiskStore } from '@tallymesh/storage/node'
import { counterService, type CounterService } from '@tallymesh/sync'
import { createLibp2p } from 'libp2p'
import { loadOrCreateKey } from './private-key.ts'

export interface PageViewsOptions {
  /** The key and the counters. */
  readonly folder: string
  /** Of HTTP; 0 takes a free one. */
  readonly port: number
  /** Addresses of other servers' replicas. */
  readonly peers?: readonly string[]
}

export interface PageViews {
  readonly url: string
  /** Where other servers' replicas find this one. */
  readonly addresses: readonly string[]
  readonly counters: CounterService
  stop(): Promise<void>
}

export const startPageViews = async (options: PageViewsOptions): Promise<PageViews> => {
  const { folder, port, peers = [] } = options
  await mkdir(folder, { recursive: true })
  const libp2p = await createLibp2p({
    privateKey: await loadOrCreateKey(join(folder, 'key')),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
      counters: counterService({
        store: new DiskStore({ folder: join(folder, 'counters') }),
        namespace: 'page-views',
      }),
    },
  })
  const { counters } = libp2p.services
  await Promise.all(peers.map((address) => libp2p.dial(multiaddr(address))))
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://server')
    view(counters, pathname).then(
      (page) => response.setHeader('content-type', 'text/html; charset=utf-8').end(page),
      (error: Error) => response.writeHead(400).end(error.message),
    )
  })
  return {
    url: await listen(server, port),
    addresses: libp2p.getMultiaddrs().map(String),
    counters,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await libp2p.stop()
    },
  }
}

/** A view counts before it is shown: what the page says is on the disk. */
const view = async (counters: CounterService, path: string): Promise<string> => {
  const { value } = await counters.increment(`views ${path}`)
  return `<!doctype html><title>${value}</title><p>This page was seen ${value} times.`
}

const listen = async (server: Server, port: number): Promise<string> => {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
