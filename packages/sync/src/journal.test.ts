import { hashRequestId, TallymeshError, type DistributedKeyCounter } from '@tallymesh/core'
import { loadState, RecordCodec } from '@tallymesh/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CheckedIncrement } from './cover.ts'
import { decodeIdentity, type Identity } from './identity.ts'
import type { Journal } from './journal.ts'
import { settle } from './testing/fake-clock.ts'
import { HeldStore } from './testing/held-store.ts'
import { counterOf, journalOn, rootOf } from './testing/world.ts'
import type { CounterChange, IncrementResult } from './types.ts'

let counter: DistributedKeyCounter
let store: HeldStore
let journal: Journal
let changes: CounterChange[]
let troubles: (string | null)[]
let committed: number
let renewals: string[]

beforeEach(async () => {
  counter = counterOf('me')
  store = new HeldStore()
  await store.open()
  changes = []
  troubles = []
  committed = 0
  renewals = []
  journal = journalOn(counter, store, {
    events: {
      committed: () => committed++,
      changed: (change) => changes.push(change),
      trouble: (error) => troubles.push(error === null ? null : (error as TallymeshError).code),
      renewed: ({ epoch }) => renewals.push(epoch),
    },
  })
})

const add = (key: string, amount = 1, requestId?: string): CheckedIncrement => ({
  key,
  amount,
  hash: requestId === undefined ? undefined : hashRequestId(requestId),
})
const increment = async (...all: Parameters<typeof add>): Promise<IncrementResult> =>
  (await journal.increment([add(...all)]))[0]!

/** What a restart would find. */
const stored = async (): Promise<DistributedKeyCounter> => {
  const found = counterOf('me')
  for await (const chunk of loadState(store, new RecordCodec()))
    for (const change of chunk.changes) found.restore(change)
  return found
}

const foreign = (keys: number): DistributedKeyCounter => {
  const other = counterOf('other')
  for (let i = 0; i < keys; i++) other.increment(`key-${i}`)
  return other
}

describe('group commit', () => {
  it('of increments that are made in one turn is one', async () => {
    const results = await Promise.all(Array.from({ length: 1000 }, () => increment('x')))
    expect(store.commits).toBe(1)
    expect(results.map(({ seq }) => seq)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
    expect(results.map(({ value }) => value)).toEqual(results.map(({ seq }) => BigInt(seq)))
    expect([committed, changes.length]).toEqual([1, 1])
  })

  it('takes what arrives while one is under way into the next, together', async () => {
    store.isHeld = true
    const first = increment('x')
    await settle()
    const rest: Promise<unknown>[] = []
    for (let i = 0; i < 100; i++) {
      rest.push(increment(`key-${i % 9}`))
      await settle()
    }
    rest.push(journal.join(foreign(5).state(), 'peer'))
    expect(store.commits).toBe(1)
    store.isHeld = false
    store.letThrough()
    await Promise.all([first, ...rest])
    expect(store.commits).toBe(2)
  })

  it('counts increments before what is joined beside them, and tells who brought a change', async () => {
    const first = increment('x')
    const joined = journal.join(foreign(1).state(), 'peer')
    const { value, ops } = await increment('key-0', 5)
    await Promise.all([first, joined])
    expect([value, ops, store.commits]).toEqual([5n, 1, 1])
    expect(changes).toEqual([
      { key: 'x', value: 1n, previous: 0n, ops: 1, origin: 'local' },
      { key: 'key-0', value: 6n, previous: 0n, ops: 2, origin: 'peer' },
    ])
  })

  it('begins at once with what a peer has sent, and waits a turn for other callers', async () => {
    const joined = journal.join(foreign(1).state(), 'peer')
    expect(store.commits).toBe(1)
    await joined
    const counted = [increment('x'), increment('y')]
    expect(store.commits).toBe(1)
    await Promise.all(counted)
    expect(store.commits).toBe(2)
  })

  it('is none for what changes nothing', async () => {
    await journal.join(foreign(3).state(), 'peer')
    await journal.join(foreign(3).state(), 'peer')
    expect([store.commits, committed]).toEqual([1, 1])
  })
})

describe('before it is durable', () => {
  it('nothing is seen, told or answered', async () => {
    store.isHeld = true
    const before = rootOf(counter)
    let isAnswered = false
    const all = Promise.all([
      increment('x', 5, 'r1'),
      journal.join(foreign(3).state(), 'peer'),
    ]).then(() => (isAnswered = true))
    await settle()
    expect(store.commits).toBe(1)
    expect([isAnswered, committed, changes]).toEqual([false, 0, []])
    expect([rootOf(counter), counter.seq, counter.version]).toEqual([before, 0, new Map()])
    store.letThrough()
    await all
    expect(counter.getValue('x')).toBe(5n)
    expect(rootOf(await stored())).toBe(rootOf(counter))
    expect((await stored()).version).toEqual(counter.version)
  })

  it('a retry waits for its first try, and is told so', async () => {
    store.isHeld = true
    const first = increment('x', 5, 'r1')
    await settle()
    const second = increment('x', 5, 'r1')
    store.letThrough()
    expect(await first).toMatchObject({ seq: 1, duplicate: false })
    expect(await second).toMatchObject({ seq: 1, duplicate: true, value: 5n, ops: 1 })
    expect(store.commits).toBe(1)
  })
})

describe('a batch', () => {
  it('is recorded whole or not at all', async () => {
    await increment('x', 1, 'r1')
    const before = rootOf(counter)
    const bad = journal.increment([add('a'), add('b'), add('x', 2, 'r1'), add('c')])
    // One that comes along is none the worse.
    const good = increment('d')
    await expect(bad).rejects.toMatchObject({ code: 'ERR_REQUEST_CONFLICT' })
    expect(await good).toMatchObject({ seq: 2 })
    expect(counter.keys()).toEqual(['x', 'd'])
    expect(rootOf(counter)).not.toBe(before)
    expect(rootOf(await stored())).toBe(rootOf(counter))
  })

  it('counts a request in it once', async () => {
    const results = await journal.increment([add('x', 5, 'r1'), add('y'), add('x', 5, 'r1')])
    expect(results.map(({ seq, duplicate }) => [seq, duplicate])).toEqual([
      [1, false],
      [2, false],
      [1, true],
    ])
    expect(counter.getValue('x')).toBe(5n)
  })

  it('that conflicts with itself is refused', async () => {
    const batch = journal.increment([add('x', 5, 'r1'), add('x', 6, 'r1')])
    await expect(batch).rejects.toMatchObject({ code: 'ERR_REQUEST_CONFLICT' })
    expect([counter.size, store.commits]).toEqual([0, 0])
  })

  it('that would pass the limit of a total is refused whole', async () => {
    const amount = 2n ** 1023n
    const big = { key: 'x', amount, hash: undefined }
    await expect(journal.increment([add('y'), big, big])).rejects.toMatchObject({
      code: 'ERR_TOTAL_LIMIT',
    })
    expect(counter.size).toBe(0)
  })
})

describe('a refused commit', () => {
  it('rejects all that was in it, changes nothing, and later ones work', async () => {
    await increment('x')
    const [before, version] = [rootOf(counter), counter.version]
    store.isHeld = true
    const all = Promise.allSettled([
      increment('x', 5, 'r1'),
      increment('y'),
      journal.join(foreign(3).state(), 'peer'),
    ])
    await settle()
    store.refuse()
    for (const end of await all)
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STORE_WRITE' } })
    expect([rootOf(counter), counter.version]).toEqual([before, version])
    expect(rootOf(await stored())).toBe(before)
    expect([troubles, changes.length, committed]).toEqual([['ERR_STORE_WRITE'], 1, 1])

    store.isHeld = false
    // Not a duplicate: what was refused was not recorded.
    expect(await increment('x', 5, 'r1')).toMatchObject({ seq: 2, duplicate: false, value: 6n })
    await journal.join(foreign(3).state(), 'peer')
    expect(counter.slotCount).toBe(4)
    expect(rootOf(await stored())).toBe(rootOf(counter))
    expect(troubles).toEqual(['ERR_STORE_WRITE', null])
  })

  it('keeps the error of a store that has one of its own', async () => {
    store.isHeld = true
    const refused = Promise.allSettled([increment('x')])
    await settle()
    const reason = new TallymeshError('ERR_STORE_WRITE', 'the lease is lost')
    store.refuse(reason)
    expect(await refused).toEqual([{ status: 'rejected', reason }])
  })

  it('leaves what came meanwhile to the next', async () => {
    store.isHeld = true
    const first = Promise.allSettled([increment('x')])
    await settle()
    const second = increment('x')
    store.isHeld = false
    store.refuse()
    expect(await first).toMatchObject([{ reason: { code: 'ERR_STORE_WRITE' } }])
    expect(await second).toMatchObject({ seq: 1, value: 1n })
  })
})

describe('stop', () => {
  it('finishes what was accepted, and takes nothing more', async () => {
    store.isHeld = true
    const first = increment('x')
    await settle()
    const second = increment('x')
    let isStopped = false
    const stopping = journal.stop().then(() => (isStopped = true))
    await expect(increment('x')).rejects.toMatchObject({ code: 'ERR_STOPPED' })
    await expect(journal.join([], 'peer')).rejects.toMatchObject({ code: 'ERR_STOPPED' })
    await settle()
    expect(isStopped).toBe(false)
    store.isHeld = false
    store.letThrough()
    await stopping
    expect((await Promise.all([first, second])).map(({ seq }) => seq)).toEqual([1, 2])
    expect((await stored()).getValue('x')).toBe(2n)
  })

  it('of an idle one is at once', async () => {
    await journal.stop()
    expect(store.commits).toBe(0)
  })
})

describe('its replica id', () => {
  /** As a process on a copy of the store goes on. */
  const copyOf = (): DistributedKeyCounter => {
    const copy = counterOf('me')
    copy.merge(counter)
    return copy
  }

  const identityIn = async (): Promise<Identity | undefined> => {
    let found: Identity | undefined
    for await (const { meta } of loadState(store, new RecordCodec()))
      for (const { payload } of meta) found = decodeIdentity(payload, 'me')
    return found
  }

  const provisional = (): void => counter.writeAs({ epoch: 'me', writer: 'me.k7f2q9' })

  it('is given up in the commit that shows that another has written under it', async () => {
    await increment('views', 1)
    const copy = copyOf()
    copy.increment('views', 10)
    const [mine] = await Promise.all([increment('views', 2), journal.join(copy.state(), 'copy')])
    expect(mine.replica).toMatch(/^me\.[0-9a-z]{6}$/)
    expect(renewals).toEqual([mine.replica])
    expect(counter.getValue('views')).toBe(13n)
    expect((await identityIn())?.epoch).toBe(mine.replica)
    expect((await stored()).getValue('views')).toBe(13n)
    expect((await increment('views', 4)).replica).toBe(mine.replica)
  })

  it('is given up for another slot under the same operation, whichever wins', async () => {
    const copy = copyOf()
    await increment('views', 5)
    copy.increment('views', 1)
    await journal.join(copy.state(), 'copy')
    expect(renewals).toHaveLength(1)
    expect(counter.getValue('views')).toBe(5n)
  })

  it('is kept where it is only told what it wrote', async () => {
    await increment('views', 5)
    await journal.join(copyOf().state(), 'copy')
    expect(renewals).toEqual([])
  })

  it('is not used until it is proven; then all is as if it had been', async () => {
    await increment('views', 1)
    provisional()
    const before = counter.encode()
    expect(await increment('views', 2)).toMatchObject({ replica: 'me.k7f2q9', seq: 1, value: 3n })
    await increment('views', 3, 'a request')
    expect(counter.encode()).toEqual(before)
    expect(await identityIn()).toEqual({
      epoch: 'me',
      provisional: ['me.k7f2q9'],
      isCatchingUp: false,
      sheltered: [],
    })
    await journal.fold('me')
    expect(counter.version).toEqual(new Map([['me', 3]]))
    expect(await identityIn()).toEqual({
      epoch: 'me',
      provisional: [],
      isCatchingUp: false,
      sheltered: [[1, 3]],
    })
    expect((await stored()).replicas()).toEqual(['me'])
    expect(await increment('views', 3, 'a request')).toMatchObject({
      replica: 'me',
      duplicate: true,
    })
    expect(counter.getValue('views')).toBe(6n)
    expect(renewals).toEqual([])
  })

  it('that is not proven gives way to the provisional one', async () => {
    await increment('views', 1)
    provisional()
    await increment('views', 2)
    await journal.renew('me', 'a member knows more', true)
    expect(renewals).toEqual(['me.k7f2q9'])
    expect(counter.version).toEqual(
      new Map([
        ['me', 1],
        ['me.k7f2q9', 1],
      ]),
    )
    await journal.fold('me')
    expect((await increment('views', 4)).replica).toBe('me.k7f2q9')
    expect(await identityIn()).toEqual({
      epoch: 'me.k7f2q9',
      provisional: [],
      isCatchingUp: true,
      sheltered: [[0, 1]],
    })
    await journal.caughtUp()
    expect((await identityIn())?.isCatchingUp).toBe(false)
  })

  it('that was never used before is not written down before it is', async () => {
    provisional()
    await journal.fold('me')
    expect(store.commits).toBe(0)
    expect((await increment('views')).replica).toBe('me')
  })

  it('that others have seen, though it was provisional, is shown', async () => {
    provisional()
    await increment('views', 2)
    const seen = counterOf('me.k7f2q9')
    seen.increment('views', 2)
    seen.increment('views', 2)
    await journal.join(seen.state(), 'peer')
    expect(renewals).toEqual(['me.k7f2q9'])
    expect(counter.version.get('me.k7f2q9')).toBe(2)
  })

  it('is given up with the next commit, where the store refuses the one that shows it', async () => {
    await increment('views', 1)
    const copy = copyOf()
    copy.increment('views', 10)
    store.isFull = true
    await expect(journal.join(copy.state(), 'copy')).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
    })
    expect([renewals, counter.authorship.epoch]).toEqual([[], 'me'])
    store.isFull = false
    // What came in was not kept; that its number is taken is known all the same.
    expect((await increment('views', 2)).replica).not.toBe('me')
    await journal.join(copy.state(), 'copy')
    expect([renewals.length, counter.getValue('views')]).toEqual([1, 13n])
  })

  it('that was provisional is shown to nobody before the store says so', async () => {
    provisional()
    await increment('views', 2)
    store.isFull = true
    await journal.renew('me', 'members were out of reach', false)
    await expect(increment('views', 4)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' })
    // A restart would find it provisional, and might fold it.
    await expect(journal.fold('me')).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' })
    expect([counter.version, renewals]).toEqual([new Map(), []])
    expect((await identityIn())?.provisional).toEqual(['me.k7f2q9'])
    store.isFull = false
    await journal.fold('me')
    expect([counter.version, renewals]).toEqual([new Map([['me.k7f2q9', 1]]), ['me.k7f2q9']])
    expect(await identityIn()).toEqual({
      epoch: 'me.k7f2q9',
      provisional: [],
      isCatchingUp: false,
      sheltered: [[0, 1]],
    })
    expect((await increment('views', 4)).replica).toBe('me.k7f2q9')
  })

  it('that is new is written with the next commit, where the store refuses for now', async () => {
    store.isFull = true
    await journal.renew('me', 'the store was restored', true)
    store.isFull = false
    expect([renewals, counter.authorship.epoch]).toEqual([[], 'me'])
    const { replica } = await increment('views')
    expect(replica).not.toBe('me')
    expect(renewals).toEqual([replica])
    expect((await identityIn())?.epoch).toBe(replica)
  })
})
