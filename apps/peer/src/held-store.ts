// Lets the peer take hold of its store before it has a node: the service opens what it is given.
import type { ReplicaStore, StoredRecord } from '@tallymesh/storage'

async function* untilAborted(
  chunks: AsyncIterable<readonly StoredRecord[]>,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredRecord[], void, undefined> {
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    yield chunk
  }
}

/**
 * The same store, for a caller that would open it a second time.
 *
 * @param commit that of the store, measured
 * @param signal breaks off a load, which throws the signal's reason then
 */
export const alreadyOpen = (
  store: ReplicaStore,
  signal: AbortSignal,
  commit: ReplicaStore['commit'],
): ReplicaStore => ({
  name: store.name,
  // Known only after the load.
  get loss() {
    return store.loss
  },
  open: async () => undefined,
  load: () => untilAborted(store.load(), signal),
  commit,
  close: () => store.close(),
})
