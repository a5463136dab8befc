// Strong reads and increments among three members, beside a Redis server with one replica.
import { mkdir } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { DiskStore } from '@tallymesh/storage/node'
import { createCounterService, type CounterService, PeerLimits, systemClock } from '@tallymesh/sync'
import { loadOrCreateIdentity } from '../apps/peer/src/identity.ts'
import { startNode } from '../apps/peer/src/node.ts'
import { PeerProcess } from '../test/support/peer-process.ts'
import { temporaryFolder } from '../test/support/temporary-folder.ts'
import { Redis, redisVersion, type Fsync } from './peers/redis.ts'
import { runBench, type Bench } from './runner/bench.ts'
import { loadOf, type Call, type Load } from './runner/callers.ts'
import type { Row } from './runner/table.ts'

const CALLERS = [1, 16, 256]
/** Keys that the callers of one load count on: one hot key, as a counter has it, or one for each. */
const HOT = 'hot'

const rowOf = (what: string, callers: number, { p50, p99, perSecond }: Load): Row => ({
  what,
  callers,
  'p50 ms': p50,
  'p99 ms': p99,
  'calls a second': Math.round(perSecond),
})

/** This process is one member; the others are peers as they are run. */
const withMembers = async (
  work: (service: CounterService, http: string) => Promise<void>,
): Promise<void> => {
  await using folder = await temporaryFolder()
  const folders = ['a', 'b', 'c'].map((name) => join(folder.path, name))
  const identities = []
  for (const data of folders) identities.push(await makeIdentity(data))
  const ids = identities.map(({ peerId }) => peerId)
  const members = ids.flatMap((id) => ['--member', id])
  const { privateKey } = identities[0]!
  const limits = new PeerLimits({ clock: systemClock, members: ids })
  const node = await startNode({
    privateKey,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    namespace: 'default',
    limits,
  })
  const here = ['--peer', tcpOf(node.getMultiaddrs().map(String))]
  await using b = await PeerProcess.start({ data: folders[1]!, args: [...members, ...here] })
  const there = ['--peer', tcpOf(b.ready.listen)]
  const args = [...members, ...here, ...there]
  await using _c = await PeerProcess.start({ data: folders[2]!, args })
  const store = new DiskStore({ folder: join(folders[0]!, 'store') })
  const service = await createCounterService({
    libp2p: node,
    store,
    namespace: 'default',
    members: ids,
    limits,
  })
  try {
    await service.increment(HOT, 1, { ack: 'all', timeoutMs: 60_000 })
    await work(service, b.http)
  } finally {
    await service.stop()
    await node.stop()
  }
}

const makeIdentity = async (data: string) => {
  await mkdir(data, { recursive: true, mode: 0o700 })
  return loadOrCreateIdentity(join(data, 'identity.key'))
}

const tcpOf = (listen: readonly string[]): string =>
  listen.find((address) => address.includes('/tcp/') && !address.includes('/ws'))!

const measure = async (
  bench: Bench,
  rows: Row[],
  what: string,
  callOf: () => Call,
): Promise<void> => {
  for (const callers of CALLERS) {
    bench.progress(`${what}, ${callers} callers`)
    const load = await loadOf(callOf(), callers, bench.quick ? 400 : 2000)
    rows.push(rowOf(what, callers, load))
  }
}

const embedded = async (bench: Bench, service: CounterService): Promise<void> => {
  const rows: Row[] = []
  const keyOf = (caller: number): string => `key-${caller}`
  await measure(bench, rows, 'read, local', () => async () => service.getValue(HOT))
  await measure(
    bench,
    rows,
    'read, quorum, each its key',
    () => (caller) => service.read(keyOf(caller), { consistency: 'quorum' }),
  )
  await measure(
    bench,
    rows,
    'read, quorum, one key',
    () => () => service.read(HOT, { consistency: 'quorum' }),
  )
  for (const ack of ['local', 'quorum', 'all'] as const)
    await measure(
      bench,
      rows,
      `increment, ack ${ack}`,
      () => (caller) => service.increment(keyOf(caller), 1, { ack }),
    )
  bench.table('In a program that embeds a member', rows)
}

const overHttp = async (bench: Bench, http: string): Promise<void> => {
  const rows: Row[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: Math.max(...CALLERS) })
  const { port } = new URL(http)
  const send = (method: string, path: string, body?: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' }
      const sent = request({ agent, host: '127.0.0.1', port, method, path, headers }, (answer) => {
        answer.resume()
        answer.once('end', () =>
          answer.statusCode === 200 ? resolve() : reject(new Error(`${answer.statusCode}`)),
        )
      })
      sent.once('error', reject)
      sent.end(body)
    })
  const path = (caller: number): string => `/v1/counters/key-${caller}`
  for (const level of ['local', 'quorum'])
    await measure(
      bench,
      rows,
      `GET, ${level}`,
      () => (caller) => send('GET', `${path(caller)}?consistency=${level}`),
    )
  for (const ack of ['local', 'quorum', 'all'])
    await measure(
      bench,
      rows,
      `POST increment, ack ${ack}`,
      () => (caller) => send('POST', `${path(caller)}/increment`, JSON.stringify({ ack })),
    )
  agent.destroy()
  bench.table('Over HTTP, at one of three peers', rows)
}

const redis = async (bench: Bench, fsync: Fsync): Promise<void> => {
  const rows: Row[] = []
  await using server = await Redis.start(fsync)
  const connections = await Promise.all(
    Array.from({ length: Math.max(...CALLERS) }, () => server.connect()),
  )
  await measure(
    bench,
    rows,
    'GET',
    () => (caller) => connections[caller]!.send(['GET', `key-${caller}`]),
  )
  await measure(
    bench,
    rows,
    'INCRBY',
    () => (caller) => connections[caller]!.send(['INCRBY', `key-${caller}`, '1']),
  )
  await measure(
    bench,
    rows,
    'INCRBY, WAIT 1',
    () => (caller) =>
      connections[caller]!.send(['INCRBY', `key-${caller}`, '1'], ['WAIT', '1', '5000']),
  )
  bench.table(`Redis, one replica, appendfsync ${fsync}`, rows)
}

await runBench(
  'strong',
  'What do strong reads and increments cost among three members on this machine?',
  async (bench) => {
    await withMembers(async (service, http) => {
      await embedded(bench, service)
      await overHttp(bench, http)
    })
    const version = redisVersion()
    if (version === undefined)
      return bench.note(
        'No Redis server is here to compare with: install it with `apt-get install redis-server`, and run this again.',
      )
    bench.note(
      `Beside Redis ${version}: INCRBY then WAIT 1 is acknowledged by a replica that has it in memory; ` +
        'an increment with ack quorum is on two disks, and every member takes it at once. ' +
        'WAIT does not make reads linearizable.',
    )
    await redis(bench, 'always')
    await redis(bench, 'everysec')
  },
)
