// All metrics of one peer, put together.
import type { ReplicaStore } from '@tallymesh/storage'
import { Gauge, type Registry } from 'prom-client'
import { createRegistry } from './registry.ts'
import { addReplicaMetrics, type Source } from './replica-metrics.ts'
import { addStoreMetrics } from './store-metrics.ts'

export interface Metrics {
  readonly registry: Registry
  /** A commit of the store that is measured. */
  readonly committing: (store: ReplicaStore) => ReplicaStore['commit']
}

export interface MetricsOptions {
  readonly version: string
  readonly peerId: string
  readonly namespace: string
  readonly source: Source
}

export const createMetrics = ({ version, peerId, namespace, source }: MetricsOptions): Metrics => {
  const registry = createRegistry()
  const info = new Gauge({
    name: 'tallymesh_info',
    help: 'Which peer this is; always 1',
    labelNames: ['version', 'peer', 'namespace'],
    registers: [registry],
  })
  info.set({ version, peer: peerId, namespace }, 1)
  addReplicaMetrics(registry, source)
  return { registry, committing: addStoreMetrics(registry) }
}
