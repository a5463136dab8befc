// `node bench/runner/fill-store.ts DIR [SLOTS] [REPLICAS]`: a peer's data folder with so many slots in it.
import { join } from 'node:path'
import type { Change } from '@tallymesh/core'
import { RecordCodec } from '@tallymesh/storage'
import { DiskStore } from '@tallymesh/storage/node'

/** Slots in a commit. */
const BATCH = 10_000

/** As long as peer ids are. */
const replicaOf = (number: number): string => `12D3KooWfilled${String(number).padStart(38, 'x')}`

/** Each key has a slot of each replica; each replica has counted once on every key, in order. */
const slotAt = (at: number, replicas: number): Change => {
  const seq = Math.floor(at / replicas) + 1
  return {
    kind: 'slot',
    replica: replicaOf(at % replicas),
    key: `key-${String(seq).padStart(12, '0')}`,
    slot: { first: seq, seq, ops: 1, total: at },
  }
}

/** Makes the store of a data folder. */
export const fillStore = async (data: string, slots: number, replicas: number): Promise<void> => {
  const store = new DiskStore({ folder: join(data, 'store') })
  await store.open()
  const codec = new RecordCodec()
  const commit = async (changes: readonly Change[]): Promise<void> => {
    const batch = codec.encode(changes)
    await store.commit(batch)
    codec.saved(batch)
  }
  for (let from = 0; from < slots; from += BATCH) {
    const length = Math.min(BATCH, slots - from)
    await commit(Array.from({ length }, (_, i) => slotAt(from + i, replicas)))
  }
  const seq = Math.floor(slots / replicas)
  const versions = Array.from({ length: replicas }, (_, number): Change => {
    return { kind: 'version', replica: replicaOf(number), seq }
  })
  await commit(versions)
  await store.close()
}

if (import.meta.main) {
  const [data, slots = '1000000', replicas = '1'] = process.argv.slice(2)
  if (data === undefined) throw new Error('name the data folder')
  await fillStore(data, Number(slots), Number(replicas))
}
