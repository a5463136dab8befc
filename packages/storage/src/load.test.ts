import type { Change } from '@tallymesh/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LoadedChunk, loadState } from './load.ts'
import { MemoryStore } from './memory.ts'
import { RecordCodec } from './records.ts'
import type { ReplicaStore, StoredRecord } from './store.ts'

const changes: readonly Change[] = ['a', 'b', 'c'].flatMap((replica): Change[] => [
  { kind: 'version', replica, seq: 9 },
  { kind: 'floor', replica, floor: { at: 8, upTo: 7, kept: [2] } },
  { kind: 'slot', replica, key: 'x', slot: { first: 1, seq: 4, ops: 2, total: 7 } },
  { kind: 'slot', replica, key: 'y', slot: { first: 5, seq: 9, ops: 3, total: -7 } },
  {
    kind: 'request',
    replica,
    first: 5,
    record: { hash: 'h'.repeat(16), amount: -7, seq: 9, ops: 1 },
  },
])
const records = new RecordCodec().encode(changes).put
const order = ['slot', 'request', 'floor', 'version']

/** A store that gives these records in this order, a few at a time. */
const storeOf = (given: readonly StoredRecord[]): ReplicaStore =>
  Object.assign(new MemoryStore(), {
    async *load() {
      for (let i = 0; i < given.length; i += 3) yield given.slice(i, i + 3)
    },
  })

const loadAll = async (
  given: readonly StoredRecord[],
): Promise<Pick<LoadedChunk, 'changes' | 'meta' | 'damaged'>> => {
  const chunks: LoadedChunk[] = []
  for await (const chunk of loadState(storeOf(given), new RecordCodec())) chunks.push(chunk)
  return {
    changes: chunks.flatMap((chunk) => chunk.changes),
    meta: chunks.flatMap((chunk) => chunk.meta),
    damaged: chunks.flatMap((chunk) => chunk.damaged),
  }
}

const damage = (id: string): StoredRecord[] =>
  records.map((record) =>
    record.id === id ? { id, bytes: record.bytes.map((byte) => byte ^ 1) } : record,
  )

describe('loadState', () => {
  test('gives slots before requests before floors before versions, whatever order the store has', async () => {
    const shuffled = fc.shuffledSubarray([...records], { minLength: records.length })
    await fc.assert(
      fc.asyncProperty(shuffled, async (given) => {
        const loaded = await loadAll(given)
        expect(loaded.damaged).toEqual([])
        expect(new Set(loaded.changes)).toEqual(new Set(changes))
        const ranks = loaded.changes.map(({ kind }) => order.indexOf(kind))
        expect(ranks).toEqual(ranks.toSorted())
      }),
    )
  })

  test('finds nothing in an empty store', async () => {
    expect(await loadAll([])).toEqual({ changes: [], meta: [], damaged: [] })
  })

  test('hands slots on as they come, in a store in order of id', async () => {
    const sorted = records.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const early: Change[] = []
    for await (const chunk of loadState(storeOf(sorted), new RecordCodec()))
      if (early.length < 6) early.push(...chunk.changes)
    expect(early.map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => 'slot'))
  })

  test('reports a damaged record with its owner, and gives all others', async () => {
    const loaded = await loadAll(damage('s/1/1').toReversed())
    expect(loaded.damaged).toEqual([
      { kind: 'damaged', id: 's/1/1', reason: expect.stringContaining('checksum'), replica: 'b' },
    ])
    expect(loaded.changes.filter(({ kind }) => kind !== 'version')).toHaveLength(11)
  })

  test('leaves out the version of a replica of which something is damaged', async () => {
    for (const id of ['s/1/1', 'q/1/9']) {
      const versions = (await loadAll(damage(id))).changes.filter(({ kind }) => kind === 'version')
      expect(versions.map(({ replica }) => replica)).toEqual(['a', 'c'])
    }
  })

  test('leaves out the requests of a damaged slot, and reports them', async () => {
    const loaded = await loadAll(damage('s/1/5'))
    expect(loaded.damaged.map(({ id }) => id)).toEqual(['s/1/5', 'q/1/9'])
    const requests = loaded.changes.filter(({ kind }) => kind === 'request')
    expect(requests.map(({ replica }) => replica)).toEqual(['a', 'c'])
  })

  test('reports all records of a replica whose own record is damaged', async () => {
    const loaded = await loadAll(damage('r/1'))
    const ids = loaded.damaged.map(({ id }) => id)
    expect(ids.toSorted()).toEqual(['f/1', 'q/1/9', 'r/1', 's/1/1', 's/1/5', 'v/1'])
    expect(loaded.damaged.every(({ replica }) => replica === undefined)).toBe(true)
    expect(loaded.changes).toHaveLength(10)
  })

  test('sets what is damaged aside, and forgets the versions that claim it', async () => {
    const codec = new RecordCodec()
    const given = damage('s/1/5')
    const held = new Map(given.map(({ id, bytes }) => [id, bytes]))
    for await (const { mend } of loadState(storeOf(given), codec)) {
      for (const id of mend.delete) held.delete(id)
      for (const { id, bytes } of mend.put) held.set(id, bytes)
    }
    expect(held.get('x/s/1/5')).toEqual(given.find(({ id }) => id === 's/1/5')!.bytes)
    expect([...held.keys()].filter((id) => /1\/5|\/1\/9|v\/1/.test(id))).toEqual([
      'x/s/1/5',
      'x/q/1/9',
    ])
    const again = [...held].map(([id, bytes]) => ({ id, bytes }))
    let aside = 0
    for await (const chunk of loadState(storeOf(again), new RecordCodec())) {
      expect(chunk.damaged).toEqual([])
      aside = chunk.aside
    }
    expect(aside).toBe(2)
  })

  test('reports a store without its format', async () => {
    const loaded = await loadAll(records.filter(({ id }) => id !== 'm/format'))
    expect(loaded.damaged).toMatchObject([{ id: 'm/format', reason: 'it is missing' }])
  })

  test('leaves the codec knowing the store', async () => {
    const codec = new RecordCodec()
    for await (const chunk of loadState(storeOf(records), codec)) expect(chunk.damaged).toEqual([])
    expect(codec.encode(changes).put.map(({ id }) => id)).not.toContain('r/3')
    expect(codec.encode(changes).put).toHaveLength(changes.length)
  })
})
