// The counters of a store that no replica runs on: a closed tab's, to be handed on.
import type { DistributedKeyCounter } from '@tallymesh/core'
import type { ReplicaStore } from '@tallymesh/storage'
import { loadReplica } from './load-replica.ts'

/**
 * What a store holds, less what its replica would show nobody. Nothing is written.
 *
 * @param store open, and held by nobody else
 * @param peer whose store it is
 * @throws {TallymeshError} `ERR_STORE_VERSION`, `ERR_STORE_CORRUPT`
 */
export const loadCounter = async (
  store: ReplicaStore,
  peer: string,
): Promise<DistributedKeyCounter> => {
  const { counter } = await loadReplica(store, peer, { info() {}, warn() {} })
  return counter
}
