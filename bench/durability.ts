// What it costs that an increment is on the disk before it is acknowledged, and that all of it comes back:
// beside a bare loop on the same engine, with the same records.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DistributedKeyCounter } from '@tallymesh/core'
import { loadState, RecordCodec, type ReplicaStore, type StoreBatch } from '@tallymesh/storage'
import { DiskStore } from '@tallymesh/storage/node'
import { startReplica, systemClock, type CounterService } from '@tallymesh/sync'
import { type Level, openLevel, writeAll } from '../packages/storage/src/level.ts'
import { FakeNetwork } from '../packages/sync/src/testing/fake-network.ts'
import { keyOf } from '../packages/sync/src/testing/replica-pair.ts'
import { runBench, type Bench } from './runner/bench.ts'
import { formatNumber } from './runner/table.ts'
import { inTurns, median, timeOf } from './runner/turns.ts'

/** As long as libp2p's. */
const REPLICA = '12D3KooWJRkQWCC2CmPZ3Y5sYkTbWbuyyLvqnVKaa5Uoozy8Kq81'

/** Callers, and increments of a round: at least twenty flushes. */
const WRITES = [
  { callers: 1, increments: 500 },
  { callers: 10, increments: 2000 },
  { callers: 100, increments: 5000 },
  { callers: 1000, increments: 20_000 },
]

/** Each caller has a key of its own, so that no increment shares its record with another. */
const keysOf = (callers: number): string[] => Array.from({ length: callers }, (_, n) => keyOf(n))

/** CPU of the whole process, its threads included, in µs: it tells more than time where others are busy too. */
const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** So many callers, each of which goes on when it has its answer; increments per second. */
const rateOf = async (
  callers: number,
  increments: number,
  increment: (caller: number) => Promise<unknown>,
): Promise<number> => {
  let left = increments
  const call = async (caller: number): Promise<void> => {
    while (left-- > 0) await increment(caller)
  }
  const ms = await timeOf(() => Promise.all(Array.from({ length: callers }, (_, n) => call(n))))
  return (increments / ms) * 1000
}

/** A disk store that keeps count of what it is given. */
class CountingStore extends DiskStore {
  commits = 0
  records = 0
  bytes = 0

  override commit(batch: StoreBatch): Promise<void> {
    this.commits++
    this.records += batch.put.length
    for (const { bytes } of batch.put) this.bytes += bytes.length
    return super.commit(batch)
  }
}

const serviceOn = (store: ReplicaStore): Promise<CounterService> =>
  startReplica({
    store,
    network: new FakeNetwork(REPLICA),
    namespace: 'bench',
    members: [],
    clock: systemClock,
    random: Math.random,
    log: { info: () => {}, warn: (message) => console.error(message) },
  })

/** The engine alone, with group commit: what comes while one batch is written goes into the next. */
class RawStore {
  readonly #level: Level
  #waiting: { readonly key: string; readonly value: Uint8Array; readonly done: () => void }[] = []
  #isWriting = false

  constructor(level: Level) {
    this.#level = level
  }

  put(key: string, value: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ key, value, done: resolve })
    if (!this.#isWriting) void this.#write()
    return promise
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    // As the journal does: what else comes in this turn comes along.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0)
      const put = batch.map(({ key, value }) => ({ id: key, bytes: value }))
      // As the store does it: a list of operations takes LevelDB's binding twice the CPU.
      await writeAll(this.#level, [], { put, delete: [] }, [])
      for (const { done } of batch) done()
    }
    this.#isWriting = false
  }
}

const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)

/** The kind of file system that a folder is on: a flush to a tmpfs costs nothing, and says nothing. */
const fileSystemOf = (folder: string): string => {
  try {
    return execFileSync('stat', ['--file-system', '--format=%T', folder], {
      encoding: 'utf8',
    }).trim()
  } catch {
    return 'unknown'
  }
}

const measureWrites = async (bench: Bench, root: string): Promise<void> => {
  const rows = []
  for (const { callers, increments } of WRITES) {
    const rates = { whole: [] as number[], raw: [] as number[] }
    const cpu = { whole: [] as number[], raw: [] as number[] }
    const keys = keysOf(callers)
    const store = new CountingStore({ folder: join(root, `whole-${callers}`) })
    const service = await serviceOn(store)
    const level = await openLevel(join(root, `raw-${callers}`))
    try {
      // All keys are there, and a record is as long as it will be.
      await Promise.all(keys.map((key) => service.increment(key, 1)))
      const before = { commits: store.commits, records: store.records, bytes: store.bytes }
      const raw = new RawStore(level)
      let counted = 0
      await inTurns(
        {
          whole: async () => {
            const increment = (n: number): Promise<unknown> => service.increment(keys[n]!, 1)
            const used = await cpuOf(async () => {
              rates.whole.push(await rateOf(callers, increments, increment))
            })
            cpu.whole.push(used / increments)
            counted += increments
          },
          raw: async () => {
            const length = Math.round(
              (store.bytes - before.bytes) / (store.records - before.records),
            )
            const value = new Uint8Array(length).fill(7)
            const put = (n: number): Promise<void> => raw.put(`s/0/${n.toString(36)}`, value)
            const used = await cpuOf(async () => {
              rates.raw.push(await rateOf(callers, increments, put))
            })
            cpu.raw.push(used / increments)
          },
        },
        bench.quick ? 3 : 7,
        (round) => bench.progress(`${callers} callers, ${round}`),
      )
      const [whole, raw_] = [median(rates.whole.slice(1)), median(rates.raw.slice(1))]
      rows.push({
        callers,
        'increments/s': whole,
        'engine alone, puts/s': raw_,
        'part of the engine': whole / raw_,
        'CPU of one, µs': median(cpu.whole.slice(1)),
        'of the engine alone, µs': median(cpu.raw.slice(1)),
        'increments a flush': counted / (store.commits - before.commits),
      })
    } finally {
      await service.stop()
      await level.close()
    }
  }
  bench.table('Durable increments, each acknowledged after its flush', rows)
  bench.note(
    'The whole: a replica without peers over a disk store, gossip messages included. The engine alone: ' +
      'LevelDB, puts of as many bytes, batched by the same rule. Medians of rounds in turns.',
  )
  bench.note(
    'The engine alone takes its batch by the same calls, one put after another: a list of operations, as ' +
      'LevelDB’s own documentation has it, takes its binding about twice the CPU.',
  )
  bench.note(
    'Where the time of 1,000 callers goes, by a profile: nearly half waits for the flush, since all of them ' +
      'wait for one commit, and what is to be drafted meanwhile would have to be taken from it, at a flush ' +
      'more; a sixth is the engine taking the batch; a tenth collecting garbage. Drafts with their results, ' +
      'records with their seals, and promises are some 4 % each.',
  )
  const part = rows.at(-1)!['part of the engine']
  bench.target('increments by 1,000 callers', part, 'at least', 0.7, '× the engine alone')
}

const fill = async (folder: string, slots: number, bench: Bench): Promise<void> => {
  const store = new DiskStore({ folder })
  const codec = new RecordCodec()
  await store.open()
  for (let done = 0; done < slots; done += 10_000) {
    bench.progress(`writing ${slots} slots, ${done} done`)
    const changes = Array.from({ length: Math.min(10_000, slots - done) }, (_, n) => {
      const seq = done + n + 1
      const slot = { first: seq, seq: seq + slots, ops: 2, total: 1 + (seq % 1000) }
      return { kind: 'slot', replica: REPLICA, key: keyOf(seq), slot } as const
    })
    const batch = codec.encode(changes)
    await store.commit(batch)
    codec.saved(batch)
  }
  await store.close()
}

/** Every record of the engine, and nothing done with it. */
const scan = async (level: Level): Promise<number> => {
  let records = 0
  await using iterator = level.iterator({ fillCache: false, highWaterMarkBytes: 1 << 20 })
  for (;;) {
    const entries = await iterator.nextv(1000)
    if (entries.length === 0) return records
    records += entries.length
  }
}

const opened = async (folder: string): Promise<DiskStore> => {
  const store = new DiskStore({ folder })
  await store.open()
  return store
}

/** A load in parts: what each of these adds to the one before it. */
const LOADS = {
  scan: async (folder: string): Promise<void> => {
    const level = await openLevel(folder)
    await scan(level)
    await level.close()
  },
  open: async (folder: string): Promise<void> => {
    await (await opened(folder)).close()
  },
  store: async (folder: string): Promise<void> => {
    const store = await opened(folder)
    for await (const _ of store.load());
    await store.close()
  },
  decode: async (folder: string): Promise<void> => {
    const store = await opened(folder)
    for await (const _ of loadState(store, new RecordCodec()));
    await store.close()
  },
  load: async (folder: string): Promise<void> => {
    const store = await opened(folder)
    const counter = new DistributedKeyCounter({ replica: REPLICA })
    for await (const { changes } of loadState(store, new RecordCodec()))
      for (const change of changes) counter.restore(change)
    await store.close()
  },
}

const PARTS: Readonly<Record<keyof typeof LOADS, string>> = {
  scan: 'the engine alone: open and scan',
  open: 'open alone, every checksum looked at',
  store: 'records out of the store',
  decode: 'decoded by loadState',
  load: 'loaded into a counter',
}

const measureLoad = async (bench: Bench, root: string): Promise<void> => {
  const slots = bench.quick ? 100_000 : 1_000_000
  const folder = join(root, 'load')
  await fill(folder, slots, bench)
  const cpu = new Map<string, number[]>()
  const works = Object.fromEntries(
    Object.entries(LOADS).map(([name, load]) => [
      name,
      async () => {
        globalThis.gc?.()
        let ms = 0
        const used = await cpuOf(async () => (ms = await timeOf(() => load(folder))))
        cpu.set(name, [...(cpu.get(name) ?? []), used / slots])
        return ms
      },
    ]),
  ) as Record<keyof typeof LOADS, () => Promise<number>>
  const times = await inTurns(works, 3, (round) =>
    bench.progress(`loading ${slots} slots, ${round}`),
  )
  const rows = Object.entries(PARTS).map(([name, what]) => ({
    what,
    ms: times[name as keyof typeof LOADS],
    'times the scan': times[name as keyof typeof LOADS] / times.scan,
    'CPU of a slot, µs': median(cpu.get(name)!.slice(1)),
  }))
  bench.table(`Load of ${formatNumber(slots)} slots`, rows)
  const perSlot = bytesIn(folder) / slots
  bench.table('On disk', [{ slots, 'bytes a slot': perSlot, 'bytes of its key': 16 }])
  bench.target(
    `load of ${formatNumber(slots)} slots`,
    times.load / times.scan,
    'at most',
    2,
    '× the scan',
  )
}

await runBench(
  'durability',
  'What does it cost that increments survive, and that they come back?',
  async (bench) => {
    const root = mkdtempSync(join(tmpdir(), 'tallymesh-durability-'))
    const remove = (): void => rmSync(root, { recursive: true, force: true })
    // Also where it is interrupted.
    process.once('exit', remove)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => process.exit(1))
    try {
      bench.note(`The stores are on ${fileSystemOf(root)}.`)
      await measureWrites(bench, root)
      await measureLoad(bench, root)
    } finally {
      remove()
    }
  },
)
