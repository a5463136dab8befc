// What the disk takes, and how long it needs.
import type { ReplicaStore, StoreBatch } from '@tallymesh/storage'
import { Counter, Histogram, type Registry } from 'prom-client'

/** From a fast disk's flush to one that is in trouble. */
const BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** Gives the same store, measured: its commits go through here. */
export const addStoreMetrics = (
  registry: Registry,
): ((store: ReplicaStore) => ReplicaStore['commit']) => {
  const registers = [registry]
  const seconds = new Histogram({
    name: 'tallymesh_store_commit_duration_seconds',
    help: 'How long a durable commit took; many increments share one',
    buckets: BUCKETS,
    registers,
  })
  const records = new Counter({
    name: 'tallymesh_store_records_total',
    help: 'Records written or deleted in commits',
    registers,
  })
  const failures = new Counter({
    name: 'tallymesh_store_commit_failures_total',
    help: 'Commits that the store refused',
    registers,
  })
  return (store) =>
    async (batch: StoreBatch): Promise<void> => {
      const startedAt = performance.now()
      try {
        await store.commit(batch)
      } catch (error) {
        failures.inc()
        throw error
      }
      seconds.observe((performance.now() - startedAt) / 1000)
      records.inc(batch.put.length + batch.delete.length)
    }
}
