// A running peer: the one place where its parts are made and put together.
import { DiskStore } from '@tallymesh/storage/node'
import {
  createCounterService,
  type CounterService,
  DistributedConsistentCounter,
  PeerLimits,
  systemClock,
  type RetentionLimits,
} from '@tallymesh/sync'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { peerIn } from './addresses.ts'
import type { Admission } from './admission.ts'
import { identityFile, makeDataFolder, storeFolder } from './data-folder.ts'
import { Dialler } from './dialler.ts'
import { alreadyOpen } from './held-store.ts'
import type { Access } from './http/access.ts'
import { type HttpAddress, listenHttp } from './http/address.ts'
import { findPage } from './http/page.ts'
import { Readiness } from './http/readiness.ts'
import type { PeerFacts } from './http/routes/status.ts'
import { createHttpServer } from './http/server.ts'
import { readTokens } from './http/tokens.ts'
import { type Identity, loadOrCreateIdentity } from './identity.ts'
import { createLinks } from './links.ts'
import { serviceLog, type Who } from './log.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { type PeerNode, startNode } from './node.ts'
import { readPsk } from './psk.ts'
import { passOnTabs } from './tabs.ts'
import { VERSION } from './version.ts'

export interface PeerOptions {
  /** The folder of all of the peer's state. */
  readonly data: string
  /** The private key's file, where it is not in the data folder. */
  readonly identity?: string
  readonly namespace: string
  readonly listen: readonly string[]
  /** Addresses at which others reach this peer besides, through a proxy. */
  readonly announce?: readonly string[] | undefined
  /** Who may connect. */
  readonly admission: Admission
  /** Multiaddrs of peers to connect to, and to stay connected with. */
  readonly peers: readonly string[]
  /** Peer ids that vote. */
  readonly members: readonly string[]
  readonly http: HttpAddress
  /** Who may use HTTP; without it, whoever reaches it. */
  readonly tokenFile?: string
  /** Origins of pages elsewhere that may use HTTP. */
  readonly origins?: readonly string[]
  /** Names under which HTTP is reached. */
  readonly hosts?: readonly string[]
  readonly logger: Logger
  /** Filled in with what the log is to say on each line, as soon as it is known. */
  readonly who?: Who
  /** Breaks off the start, which throws the signal's reason then. A running peer is stopped by `stop`. */
  readonly signal: AbortSignal
  /** The data folder was put back from a backup: it is not trusted with its replica id. */
  readonly restored?: boolean
  /** For how long, and how many, request ids are remembered. */
  readonly requests?: Partial<RetentionLimits>
  /** Told now and then how many records of the store have been loaded. */
  readonly loading?: (records: number) => void
}

export interface RunningPeer {
  readonly peerId: string
  readonly replica: string
  /** The base URL of the API and the page. */
  readonly http: string
  readonly listen: readonly string[]
  /** Finishes what was accepted, then leaves. */
  stop(): Promise<void>
}

/**
 * How long the start waits for the peers that the operator named, where no members are configured: the
 * replica asks those that it reaches whether they know more of it than its store does.
 */
const FIRST_ATTEMPTS_MS = 1000

/** How long requests that were accepted may take, once the peer stops. */
const FINISH_MS = 8000

/** What is to be undone at the end, last first; also when starting fails in the middle. */
class Closers {
  readonly #steps: (() => unknown)[] = []

  add(step: () => unknown): void {
    this.#steps.push(step)
  }

  /** Runs all of them, and then throws the first error there was. */
  async close(): Promise<void> {
    const errors: unknown[] = []
    for (const step of this.#steps.splice(0).toReversed()) {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

const openStore = async (options: PeerOptions, closers: Closers): Promise<DiskStore> => {
  await makeDataFolder(options.data)
  const store = new DiskStore({ folder: storeFolder(options.data) })
  await store.open()
  closers.add(() => store.close())
  return store
}

const openIdentity = async ({ data, identity, logger }: PeerOptions): Promise<Identity> => {
  const file = identity ?? identityFile(data)
  const opened = await loadOrCreateIdentity(file)
  if (opened.exposed) logger.warn({ file }, 'the group can read the private key: chmod 600 it')
  return opened
}

/** The pre-shared key, where there is one; what an operator should be reminded of is logged. */
const openDoor = async ({ admission, logger }: PeerOptions): Promise<Uint8Array | undefined> => {
  if (admission.open) logger.warn('--open: whoever reaches a listening address may read and count')
  if (admission.psk === undefined) return undefined
  const { bytes, groupMay } = await readPsk(admission.psk)
  if (groupMay)
    logger.warn({ file: admission.psk }, 'the group can read the pre-shared key: chmod 600 it')
  return bytes
}

const startDialling = (node: PeerNode, options: PeerOptions, closers: Closers): Dialler => {
  const self = node.peerId.toString()
  const dialler = new Dialler({
    links: createLinks(node),
    // Every peer of a cluster may be given the same list.
    addresses: options.peers.filter((address) => peerIn(address) !== self),
    log: options.logger,
  })
  closers.add(() => dialler.stop())
  dialler.start()
  return dialler
}

const startService = async (
  node: PeerNode,
  store: DiskStore,
  { namespace, members, logger, signal, restored = false, requests = {}, loading }: PeerOptions,
  readiness: Readiness,
  limits: PeerLimits,
  metrics: Metrics,
  closers: Closers,
): Promise<CounterService> => {
  const service = await createCounterService({
    libp2p: node,
    store: alreadyOpen(store, signal, metrics.committing(store)),
    namespace,
    members,
    restored,
    limits,
    requests,
    log: serviceLog(logger),
    loading: (records) => {
      readiness.loaded(records)
      loading?.(records)
    },
  })
  closers.add(() => service.stop())
  return service
}

const multiaddrsOf = (node: PeerNode): string[] => node.getMultiaddrs().map(String)

const closeHttp = async (app: FastifyInstance): Promise<void> => {
  const limit = setTimeout(() => app.server.closeAllConnections(), FINISH_MS)
  await app.close()
  clearTimeout(limit)
}

const openAccess = async (options: PeerOptions): Promise<Access> => {
  const { tokenFile, origins = [], hosts = [], http, logger } = options
  const access = { origins, hosts: [...hosts, http.host] }
  if (tokenFile === undefined) return access
  const { tokens, exposed } = await readTokens(tokenFile)
  if (exposed) logger.warn({ file: tokenFile }, 'others can read the tokens: chmod 600 it')
  return { ...access, tokens }
}

/** The API, in front of a replica that is still to come. */
interface HttpSide {
  readonly app: FastifyInstance
  readonly url: string
}

const startHttp = async (
  readiness: Readiness,
  { registry }: Metrics,
  peerId: string,
  listen: () => readonly string[],
  options: PeerOptions,
  closers: Closers,
): Promise<HttpSide> => {
  const { http, logger, namespace, members } = options
  const access = await openAccess(options)
  const started = performance.now()
  let url = ''
  const facts: PeerFacts = {
    version: VERSION,
    peerId,
    namespace,
    members,
    listen,
    http: () => url,
    uptimeMs: () => Math.round(performance.now() - started),
  }
  const app = await createHttpServer({
    served: readiness,
    facts,
    page: findPage(),
    access,
    registry,
    logger,
  })
  closers.add(() => closeHttp(app))
  url = await listenHttp(app.server, http)
  return { app, url }
}

const start = async (options: PeerOptions, closers: Closers): Promise<RunningPeer> => {
  const { signal, members } = options
  // The store first: whoever holds it is this peer, and a second process must not appear as it.
  const store = await openStore(options, closers)
  const { privateKey, peerId } = await openIdentity(options)
  const psk = await openDoor(options)
  const { who = {} } = options
  who.peer = peerId
  const readiness = new Readiness()
  let listen = (): readonly string[] => []
  const metrics = createMetrics({
    version: VERSION,
    peerId,
    namespace: options.namespace,
    source: () => (readiness.isReady ? readiness.service : undefined),
  })
  const http = await startHttp(readiness, metrics, peerId, () => listen(), options, closers)
  signal.throwIfAborted()
  const limits = new PeerLimits({ clock: systemClock, members })
  const node = await startNode({
    privateKey,
    listen: options.listen,
    registry: metrics.registry,
    announce: options.announce,
    namespace: options.namespace,
    psk,
    limits,
    allow: options.admission.allow,
    refused: (peer, why) => options.logger.info({ peer, why }, 'turned a peer away'),
  })
  closers.add(() => node.stop())
  listen = () => multiaddrsOf(node)
  passOnTabs(node, options.namespace)
  const dialler = startDialling(node, options, closers)
  if (members.length === 0) await dialler.firstAttempts(FIRST_ATTEMPTS_MS)
  signal.throwIfAborted()
  const service = await startService(node, store, options, readiness, limits, metrics, closers)
  signal.throwIfAborted()
  who.replica = service.replica
  service.addEventListener('replica', () => void (who.replica = service.replica))
  readiness.serve({ service, count: new DistributedConsistentCounter(service, 'count') })
  // Once more, and so before all else: what was accepted is finished while the replica still runs.
  closers.add(() => closeHttp(http.app))
  return {
    peerId,
    replica: service.replica,
    http: http.url,
    listen: listen(),
    stop: () => closers.close(),
  }
}

/** A peer that serves. What was started is stopped again when a later part fails. */
export const startPeer = async (options: PeerOptions): Promise<RunningPeer> => {
  const closers = new Closers()
  try {
    return await start(options, closers)
  } catch (error) {
    await closers.close().catch(() => undefined)
    throw error
  }
}
