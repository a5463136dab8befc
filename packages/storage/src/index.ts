// @tallymesh/storage: the public names. Stores that need a platform are under ./node and ./browser.
export type { ReplicaStore, StoreBatch, StoredRecord } from './store.ts'
export { checkBatch } from './batch.ts'
export { FORMAT_VERSION, RecordCodec, type Damaged, type Decoded, type Meta } from './records.ts'
export { loadState, type LoadedChunk } from './load.ts'
export { MemoryStore } from './memory.ts'
