// Retention: when requests are forgotten, and for whom that waits.
import type { DistributedKeyCounter } from '@tallymesh/core'
import { hashRequestId } from '@tallymesh/core'
import { MemoryStore, RecordCodec } from '@tallymesh/storage'
import { describe, expect, it } from 'vitest'
import { AGES } from './ages.ts'
import type { Journal } from './journal.ts'
import type { Answer, Proposal } from './proposal.ts'
import { checkRetention, Retention } from './retention.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { MemberCluster } from './testing/member-cluster.ts'
import { counterOf, journalOn } from './testing/world.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

interface Setup {
  readonly clock: FakeClock
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly retention: Retention
  /** What members were asked, and not answered yet. */
  readonly asked: { member: string; proposal: Proposal; answer: (answer: Answer) => void }[]
  /** What the store was told to keep of the age of requests. */
  readonly ages: () => Uint8Array | undefined
  readonly warned: string[]
  readonly add: (requestId?: string, key?: string) => Promise<void>
}

const setUp = async ({
  members = [] as readonly string[],
  capBytes = 100_000,
  store = new MemoryStore(),
  counter = counterOf('me'),
  saved = undefined as Uint8Array | undefined,
} = {}): Promise<Setup> => {
  const clock = new FakeClock()
  const codec = new RecordCodec()
  const asked: Setup['asked'] = []
  const warned: string[] = []
  await store.open()
  const journal: Journal = journalOn(counter, store, {
    codec,
    events: { committed: () => retention.committed() },
  })
  let kept: Uint8Array | undefined
  const noting = Object.assign(Object.create(journal) as Journal, {
    note: async (name: string, payload: Uint8Array) => {
      expect(name).toBe(AGES)
      kept = payload
    },
    moveFloor: (epoch: string, upTo: number) => journal.moveFloor(epoch, upTo),
  })
  const retention = new Retention({
    counter,
    journal: noting,
    clock,
    members,
    self: 'me',
    retentionMs: DAY_MS,
    capBytes,
    ages: saved,
    log: { info: () => {}, warn: (message) => void warned.push(message) },
    ask: (member, proposal) =>
      new Promise((answer) => {
        asked.push({ member, proposal, answer })
      }),
  })
  retention.start()
  const add = async (requestId?: string, key = 'k'): Promise<void> => {
    const hash = requestId === undefined ? undefined : hashRequestId(requestId)
    await journal.increment([{ key, amount: 1, hash }])
  }
  return { clock, counter, journal, retention, asked, warned, add, ages: () => kept }
}

const yes = (versions: Record<string, number> = {}): Answer => ({
  isAccepted: true,
  lacks: [],
  more: Object.entries(versions).map(([replica, seq]) => ({ replica, seq })),
})

describe('without members', () => {
  it('forgets a request after its time, and not before, and then has nothing left to do', async () => {
    const { clock, counter, add } = await setUp()
    await add('r1')
    await clock.advance(12 * HOUR_MS)
    await add('r2')
    await clock.advance(12 * HOUR_MS - 1)
    expect(counter.requests('me', 'k').length).toBe(2)
    await clock.advance(HOUR_MS)
    expect(counter.requests('me', 'k').map(({ seq }) => seq)).toEqual([2])
    await clock.advance(13 * HOUR_MS)
    expect([counter.requests('me', 'k').length, clock.timers]).toEqual([0, 0])
    expect(counter.getValue('k')).toBe(2n)
  })

  it('does nothing at all where no request has an id', async () => {
    const { clock, counter, add, ages } = await setUp()
    for (let i = 0; i < 5; i++) await add()
    expect([clock.timers, counter.remembered('me').records, ages()]).toEqual([0, 0, undefined])
  })

  it('goes on with the time that had passed before a restart', async () => {
    const first = await setUp()
    await first.add('r')
    await first.clock.advance(20 * HOUR_MS)
    await first.retention.stop()
    const { counter } = first
    const second = await setUp({ counter, saved: first.ages()! })
    await second.clock.advance(5 * HOUR_MS)
    expect(counter.remembered('me').records).toBe(0)
  })

  it('takes what a store does not tell of for new', async () => {
    const first = await setUp()
    await first.add('r')
    await first.clock.advance(20 * HOUR_MS)
    await first.retention.stop()
    const { counter } = first
    const second = await setUp({ counter, saved: Uint8Array.of(1, 2, 3) })
    await second.clock.advance(20 * HOUR_MS)
    expect(counter.remembered('me').records).toBe(1)
  })

  it('keeps a repetition, and has nothing left to do all the same', async () => {
    const { clock, counter, journal, retention, add } = await setUp()
    await add('both')
    await add('once')
    const other = counterOf('other')
    other.increment('k', 1, { requestId: 'both' })
    await journal.join(other.state(), 'other')
    await clock.advance(26 * HOUR_MS)
    expect(counter.requests('me', 'k').map(({ seq }) => seq)).toEqual([1])
    expect([counter.getValue('k'), clock.timers]).toEqual([2n, 0])
    expect(retention.status()).toMatchObject({ records: 1, kept: 1 })
  })
})

describe('with members', () => {
  it('waits until each has vouched for it', async () => {
    const { clock, counter, asked, add } = await setUp({ members: ['me', 'a', 'b'] })
    await add('r')
    await clock.advance(25 * HOUR_MS)
    expect(asked.map(({ member, proposal }) => [member, proposal.mode, proposal.slots])).toEqual([
      ['a', 'vouch', [{ replica: 'me', seq: 1 }]],
      ['b', 'vouch', [{ replica: 'me', seq: 1 }]],
    ])
    asked[0]!.answer(yes())
    asked[1]!.answer({ isAccepted: false, lacks: [{ place: 0, held: 0 }], more: [] })
    await clock.advance(3 * HOUR_MS)
    expect(counter.remembered('me').records).toBe(1)
    // It lacked it, and is asked again.
    expect(asked.length).toBe(3)
    asked[2]!.answer(yes())
    await clock.advance(0)
    expect(counter.remembered('me').records).toBe(0)
  })

  it('waits until all is here that any of them held, and then sees that one had applied it', async () => {
    const { clock, counter, journal, asked, add } = await setUp({ members: ['me', 'a'] })
    await add('r')
    await clock.advance(25 * HOUR_MS)
    asked[0]!.answer(yes({ me: 1, a: 1 }))
    await clock.advance(5 * HOUR_MS)
    expect(counter.floor('me')).toBeUndefined()
    const other = counterOf('a')
    other.increment('k', 1, { requestId: 'r' })
    await journal.join(other.state(), 'a')
    await clock.advance(2 * HOUR_MS)
    expect([counter.remembered('me').records, counter.getValue('k')]).toEqual([1, 1n])
  })
})

describe('a full cap', () => {
  it('lets the oldest go first, and says for how long retries are safe', async () => {
    const { clock, counter, retention, warned, add } = await setUp({
      members: ['me', 'a'],
      capBytes: 19 * 100,
    })
    expect(retention.status()).toMatchObject({ safeMs: DAY_MS })
    for (let i = 0; i < 250; i++) {
      await add(`r${i}`)
      await clock.advance(1000)
    }
    const { records, bytes } = counter.remembered('me')
    expect(bytes).toBeLessThanOrEqual(19 * 100)
    const seqs = counter.requests('me', 'k').map(({ seq }) => seq)
    // All that are left are the latest: floors take numbers of their own.
    expect(seqs.at(-1)! - seqs[0]!).toBeLessThan(records + 15)
    expect(records).toBeGreaterThan(80)
    expect(retention.status().safeMs).toBeGreaterThan(60_000)
    expect(retention.status().safeMs).toBeLessThan(110_000)
    expect(new Set(warned).size).toBe(1)
    expect(counter.getValue('k')).toBe(250n)
  })

  it('is passed by repetitions alone, since those stay', async () => {
    const { counter, journal, add } = await setUp({ capBytes: 19 * 20 })
    const other = counterOf('other')
    for (let i = 0; i < 40; i++) {
      other.increment('k', 1, { requestId: `r${i}` })
      await add(`r${i}`)
      if (i % 10 === 9) await journal.join(other.state(), 'other')
    }
    await add('last')
    expect(counter.getValue('k')).toBeLessThanOrEqual(61n)
    expect(counter.remembered('me').records).toBeGreaterThan(20)
  })
})

it.each([
  [{ retentionMs: 10 }, 'retentionMs'],
  [{ retentionMs: Number.NaN }, 'retentionMs'],
  [{ capBytes: 8 * 1024 * 1024 }, 'capBytes'],
])('refuses limits that make no sense: %o', (limits, name) => {
  expect(() => checkRetention(limits)).toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringContaining(name),
    }),
  )
})

describe('strong reads of a counter whose floor drops an unknown repetition', () => {
  it('never go back to what they were before it', async () => {
    const cluster = await MemberCluster.start(['a', 'b', 'c'])
    const [x, y] = [counterOf('x'), counterOf('y')]
    for (const each of [x!, y!]) each.increment('k', 5, { requestId: 'r' })
    for (const { journal } of cluster.nodes)
      for (const each of [x!, y!]) await journal.join(each.state(), 'b')
    const read = async (at: number): Promise<bigint> => {
      const work = cluster.nodes[at]!.quorum.read('k', 'quorum', new AbortController().signal)
      return (await cluster.finish(work)).value
    }
    expect(await read(1)).toBe(5n)
    // As a cap does it, or one who is no member and was away for too long.
    x!.moveFloor(1)
    await cluster.nodes[0]!.journal.join([x!.deltaSince('x', 1)], 'b')
    expect(cluster.nodes[0]!.counter.getValue('k')).toBe(10n)
    expect(await read(0)).toBe(10n)
    for (const at of [1, 2, 0]) expect(await read(at)).toBe(10n)
    // What was asked for was held by the others, too: the floor has gone with the vote.
    expect(cluster.nodes.filter(({ counter }) => counter.floor('x') !== undefined).length).toBe(3)
  })
})

it('a member vouches once it holds what it is asked for, and hides nothing', async () => {
  const cluster = await MemberCluster.start(['a', 'b'], { unproven: ['b'] })
  const [a, b] = cluster.nodes as [(typeof cluster.nodes)[0], (typeof cluster.nodes)[0]]
  await b.count('hidden')
  const vouch = (replica: string): Promise<Answer> => {
    const proposal = { mode: 'vouch', key: 'floor', slots: [{ replica, seq: 1 }] } as const
    return a.membership.ask('b', proposal, new AbortController().signal)
  }
  let isAnswered = false
  const waiting = vouch('b').finally(() => {
    isAnswered = true
  })
  await cluster.clock.advance(1000)
  expect(isAnswered).toBe(false)
  await b.journal.fold('b')
  b.membership.proven()
  expect(await cluster.finish(waiting)).toMatchObject(yes({ b: 1 }))
  await a.count('k')
  expect(await cluster.finish(vouch('a'))).toMatchObject({
    isAccepted: false,
    lacks: [{ place: 0, held: 0 }],
  })
  await b.journal.join(a.counter.state(), 'a')
  expect((await cluster.finish(vouch('a'))).isAccepted).toBe(true)
})
