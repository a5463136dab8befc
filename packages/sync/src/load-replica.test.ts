import type { DistributedKeyCounter } from '@tallymesh/core'
import { MemoryStore, type StoredRecord } from '@tallymesh/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CheckedIncrement } from './cover.ts'
import { encodeIdentity, IDENTITY } from './identity.ts'
import type { Journal } from './journal.ts'
import { loadReplica, type LoadedReplica } from './load-replica.ts'
import { counterOf, journalOn, rootOf } from './testing/world.ts'

let store: MemoryStore
let warnings: string[]

beforeEach(async () => {
  store = new MemoryStore()
  await store.open()
  warnings = []
})

const log = { info() {}, warn: (message: string) => void warnings.push(message) }
const load = (peer = 'me'): Promise<LoadedReplica> => loadReplica(store, peer, log)

const journalOf = (loaded: LoadedReplica): Journal => journalOn(loaded.counter, store, loaded)

const add = (key: string, amount = 1): CheckedIncrement => ({ key, amount, hash: undefined })

/** 3 by this replica, 5 by another, 2 provisionally. */
const fill = async (): Promise<DistributedKeyCounter> => {
  const loaded = await load()
  const journal = journalOf(loaded)
  await journal.increment([add('views', 3)])
  const other = counterOf('other')
  other.increment('views', 5, { requestId: 'one' })
  await journal.join(other.state(), 'other')
  loaded.counter.writeAs({ epoch: 'me', writer: 'me.000001' })
  await journal.increment([add('views', 2)])
  return loaded.counter
}

const records = async (): Promise<StoredRecord[]> => {
  const all: StoredRecord[] = []
  for await (const chunk of store.load()) all.push(...chunk)
  return all
}

const flip = async (id: string): Promise<void> => {
  const record = (await records()).find((one) => one.id === id)!
  const bytes = record.bytes.with(-1, record.bytes.at(-1)! ^ 1)
  await store.commit({ put: [{ id, bytes }], delete: [] })
}

const meta = async (payload: Uint8Array): Promise<void> => {
  const record = (await load()).codec.encodeMeta(IDENTITY, payload)
  await store.commit({ put: [record], delete: [] })
}

describe('a store', () => {
  it('that is new gives a peer that has never written', async () => {
    const loaded = await load()
    expect(loaded.identity).toEqual({
      epoch: 'me',
      provisional: [],
      isCatchingUp: false,
      sheltered: [],
    })
    expect([loaded.counter.size, loaded.damaged, loaded.distrust]).toEqual([0, 0, undefined])
    expect(loaded.owed).toEqual({ put: [], delete: [] })
  })

  it('gives back what was written, and keeps from others what was provisional', async () => {
    const before = await fill()
    const { counter, identity, distrust, damaged } = await load()
    expect(identity).toEqual({
      epoch: 'me',
      provisional: ['me.000001'],
      isCatchingUp: false,
      sheltered: [],
    })
    expect(counter.authorship).toEqual({ writer: 'me', epoch: 'me' })
    expect(counter.hidden()).toEqual(['me.000001'])
    expect([counter.getValue('views'), counter.getOps('views')]).toEqual([10n, 3])
    expect([rootOf(counter), counter.version]).toEqual([rootOf(before), before.version])
    expect([damaged, distrust, warnings]).toEqual([0, undefined, []])
  })

  it('goes on under the epoch that it was left with', async () => {
    await meta(
      encodeIdentity({ epoch: 'me.000007', provisional: [], isCatchingUp: false, sheltered: [] }),
    )
    const { counter } = await load()
    expect(counter.authorship).toEqual({ writer: 'me.000007', epoch: 'me.000007' })
  })

  it('of another peer gives its counters, and none of its ids', async () => {
    await fill()
    const { counter, identity, distrust } = await load('you')
    expect([identity.epoch, counter.getValue('views'), distrust]).toEqual(['you', 10n, undefined])
    expect(counter.hidden()).toEqual([])
    expect(counter.version.get('me.000001')).toBe(1)
  })

  it('tells how far it has come', async () => {
    await fill()
    const told: number[] = []
    await loadReplica(store, 'me', log, (count) => told.push(count))
    expect(told.at(-1)).toBe((await records()).length)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
  })
})

describe('a damaged record', () => {
  const ids = async (kind: string): Promise<string[]> =>
    (await records()).map(({ id }) => id).filter((id) => id.startsWith(kind))

  it('of any kind is set aside, with nothing invented, and never costs the start', async () => {
    await fill()
    for (const { id, bytes } of await records()) {
      await flip(id)
      const loaded = await load()
      expect([id, loaded.damaged > 0, loaded.counter.getValue('views') <= 10n]).toEqual([
        id,
        true,
        true,
      ])
      expect(loaded.owed.put.map((record) => record.id)).toContain(`x/${id}`)
      expect(loaded.owed.delete).toContain(id)
      await store.commit({ put: [{ id, bytes }], delete: [] })
    }
    expect((await load()).counter.getValue('views')).toBe(10n)
  })

  it('of its own, or of an owner that can not be told, costs the id', async () => {
    await fill()
    // Replica numbers are given in the order of writing.
    const own = (await records()).filter(({ id }) => !/^[a-z]\/1(\/|$)/.test(id))
    expect(own.map(({ id }) => id[0])).toEqual(expect.arrayContaining(['m', 'r', 's', 'v', 'q']))
    for (const { id, bytes } of own) {
      await flip(id)
      expect([id, (await load()).distrust]).toEqual([id, expect.stringContaining('damaged')])
      await store.commit({ put: [{ id, bytes }], delete: [] })
    }
  })

  it('of another, whose owner is known, costs nothing but the others’ sending it again', async () => {
    await fill()
    for (const id of ['s/1/1', 'q/1/1', 'v/1']) {
      expect(await ids(id)).toEqual([id])
      await flip(id)
      const loaded = await load()
      expect([id, loaded.distrust, loaded.counter.version.get('other')]).toEqual([
        id,
        undefined,
        undefined,
      ])
    }
  })

  it('is set aside with the next commit, and counted from then on', async () => {
    await fill()
    await flip('s/1/1')
    const loaded = await load()
    await journalOf(loaded).increment([add('likes')])
    // The slot, and the request in it.
    expect(await ids('x/')).toEqual(['x/s/1/1', 'x/q/1/1'])
    expect(await ids('s/1')).toEqual([])
    const again = await load()
    expect([loaded.damaged, again.damaged, again.owed.put]).toEqual([2, 2, []])
  })

  it('of the identity lets others see what was provisional: nothing is lost with it', async () => {
    await fill()
    await flip('m/identity')
    const { counter, identity, distrust } = await load()
    expect([identity.epoch, counter.hidden(), counter.getValue('views')]).toEqual(['me', [], 10n])
    expect(distrust).toContain('damaged')
  })

  it.each([
    ['is cut short', Uint8Array.of(2, 109)],
    [
      'names no epoch',
      encodeIdentity({ epoch: '', provisional: [], isCatchingUp: false, sheltered: [] }),
    ],
  ])('is what an identity is that %s, though its checksum is right', async (_, payload) => {
    await fill()
    await meta(payload)
    const { identity, distrust } = await load()
    expect([identity.epoch, distrust]).toEqual(['me', expect.stringContaining('damaged')])
    expect(warnings).toEqual(['a record is damaged'])
  })
})
