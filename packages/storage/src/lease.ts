// Who may write to a database: a number in it that each holder raises, and that every commit checks.
import { promisifyRequest } from 'idb-keyval'

/** The object store that holds the lease, under its own name. */
export const LEASE = 'lease'

/** What stands in the database. */
export interface Lease {
  /** Raised by each holder when it opens the database: who finds a higher one has lost it. */
  readonly number: number
  /** Commits since the database was made, by all holders: what has not moved was not written to. */
  readonly commits: number
}

const NONE: Lease = { number: 0, commits: 0 }

/** The lease as it stands, in a transaction of which `store` is the lease's object store. */
export const readLease = async (store: IDBObjectStore): Promise<Lease> => {
  const found = await promisifyRequest<unknown>(store.get(LEASE))
  return isLease(found) ? found : NONE
}

export const writeLease = (store: IDBObjectStore, lease: Lease): void => {
  store.put(lease, LEASE)
}

const isLease = (value: unknown): value is Lease =>
  typeof value === 'object' &&
  value !== null &&
  Number.isSafeInteger((value as Lease).number) &&
  Number.isSafeInteger((value as Lease).commits)
