// Lets a tab take hold of its store before it has a node: the service opens what it is given.
import type { ReplicaStore } from '@tallymesh/storage'

/** The same store, for a caller that would open it a second time. */
export const alreadyOpen = (store: ReplicaStore): ReplicaStore => ({
  name: store.name,
  isProof: store.isProof ?? false,
  open: async () => undefined,
  load: () => store.load(),
  commit: (batch) => store.commit(batch),
  close: () => store.close(),
})
