// What a request id costs: in time, on the wire, in memory and on the disk; and what it costs to forget it.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DistributedKeyCounter, hashRequestId } from '@tallymesh/core'
import { DiskStore } from '@tallymesh/storage/node'
import { startReplica, systemClock, type CounterService } from '@tallymesh/sync'
import { FakeNetwork } from '../packages/sync/src/testing/fake-network.ts'
import { keyOf } from '../packages/sync/src/testing/replica-pair.ts'
import { runBench, type Bench } from './runner/bench.ts'
import { heldBytes } from './runner/memory.ts'
import { inTurns, timeOf } from './runner/turns.ts'

const REPLICA = '12D3KooWJRkQWCC2CmPZ3Y5sYkTbWbuyyLvqnVKaa5Uoozy8Kq81'
const KEYS = Array.from({ length: 1000 }, (_, n) => keyOf(n))
/** A UUID, as most clients send. */
const requestIdOf = (n: number): string =>
  `6ba7b810-9dad-11d1-80b4-${n.toString(16).padStart(12, '0')}`

const counterOf = (): DistributedKeyCounter => new DistributedKeyCounter({ replica: REPLICA })

const fill = (counter: DistributedKeyCounter, count: number, hasIds: boolean, from = 0): void => {
  for (let i = from; i < from + count; i++) {
    const options = hasIds ? { requestId: requestIdOf(i) } : undefined
    counter.increment(KEYS[i % KEYS.length]!, 1, options)
  }
}

const inMemory = async (bench: Bench, count: number, rounds: number) => {
  const run = (hasIds: boolean) => (): Promise<number> => {
    const counter = counterOf()
    return timeOf(() => fill(counter, count, hasIds))
  }
  const hashes = (): Promise<number> =>
    timeOf(() => {
      for (let i = 0; i < count; i++) hashRequestId(requestIdOf(i))
    })
  const times = await inTurns(
    { without: run(false), with: run(true), hash: hashes },
    rounds,
    (round) => bench.progress(`increments in memory, ${round}`),
  )
  return {
    without: (count / times.without) * 1000,
    with: (count / times.with) * 1000,
    hashUs: (times.hash / count) * 1000,
  }
}

const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

const serviceIn = (folder: string): Promise<CounterService> =>
  startReplica({
    store: new DiskStore({ folder }),
    network: new FakeNetwork(REPLICA),
    namespace: 'bench',
    members: [],
    clock: systemClock,
    random: Math.random,
    log: { info: () => {}, warn: () => {} },
  })

/** So many callers, each of which goes on when it has its answer. Increments a second, and bytes on disk. */
const onDisk = async (count: number, hasIds: boolean) => {
  const folder = mkdtempSync(join(tmpdir(), 'tallymesh-bench-'))
  const service = await serviceIn(folder)
  let next = 0
  const call = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++)
      await service.increment(
        KEYS[i % KEYS.length]!,
        1,
        hasIds ? { requestId: requestIdOf(i) } : {},
      )
  }
  try {
    const ms = await timeOf(() => Promise.all(Array.from({ length: 100 }, call)))
    await service.stop()
    // The engine sorts what its log holds into tables when it is opened again.
    await (await serviceIn(folder)).stop()
    return { perSecond: (count / ms) * 1000, bytes: sizeOf(folder) }
  } finally {
    await service.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Bytes of what goes to others for one increment of a known key, on average. */
const wireBytes = (hasIds: boolean): number => {
  const counter = counterOf()
  fill(counter, 10_000, hasIds)
  let bytes = 0
  for (let i = 0; i < 1000; i++) {
    const since = counter.version
    fill(counter, 1, hasIds, 10_000 + i)
    bytes += counter.encode({ since }).length
  }
  return bytes / 1000
}

/** Bytes of memory for each record, and microseconds to forget one. */
const remembered = async (count: number) => {
  const without = counterOf()
  const start = heldBytes()
  fill(without, count, false)
  const between = heldBytes()
  const counter = counterOf()
  fill(counter, count, true)
  const end = heldBytes()
  const bytes = (end - between - (between - start)) / count
  const ms = await timeOf(() => counter.moveFloor(count / 2))
  // Alive until here.
  if (without.size !== counter.size) throw new Error('they have counted the same')
  return { bytes, forgetUs: (ms / (count / 2)) * 1000 }
}

await runBench('requests', 'What does a request id cost?', async (bench) => {
  const count = bench.quick ? 10_000 : 100_000
  const memory = await inMemory(bench, count, bench.quick ? 3 : 9)
  bench.progress('increments on a disk')
  const disk = {
    without: await onDisk(bench.quick ? 5000 : 30_000, false),
    with: await onDisk(bench.quick ? 5000 : 30_000, true),
  }
  const wire = { without: wireBytes(false), with: wireBytes(true) }
  bench.table('Increments with and without a request id', [
    {
      '': 'without',
      'in memory, per s': memory.without,
      'durable, 100 callers, per s': disk.without.perSecond,
      'on the wire, bytes': wire.without,
    },
    {
      '': 'with',
      'in memory, per s': memory.with,
      'durable, 100 callers, per s': disk.with.perSecond,
      'on the wire, bytes': wire.with,
    },
  ])
  bench.note(
    `1,000 known keys, ids of 36 chars. Of the time with an id in memory, ${memory.hashUs.toPrecision(2)} µs ` +
      'are its SHA-256. On the wire: a state since the last increment, replica id included.',
  )
  const held = await remembered(count)
  const diskBytes = (disk.with.bytes - disk.without.bytes) / (bench.quick ? 5000 : 30_000)
  bench.table('Each request that is remembered', [
    {
      'memory, bytes': held.bytes,
      'disk, bytes': diskBytes,
      'wire, bytes': wire.with - wire.without,
      'to forget it, µs': held.forgetUs,
    },
  ])
  bench.note(
    'Memory: heap after collecting garbage, less that of the same increments without ids. Disk: the ' +
      'store’s files, likewise. To forget: a floor that moves past half of them.',
  )
  bench.target('a request on the wire', wire.with - wire.without, 'at most', 20, 'bytes')
  bench.target('a request in memory', held.bytes, 'at most', 400, 'bytes')
})
