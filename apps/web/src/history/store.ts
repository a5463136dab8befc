// The series in IndexedDB, one record for each replica and counter, through idb-keyval. Good to have, and
// no harm to lose: nothing here is strict, and no error leaves this file.
import { createStore, delMany, entries, getMany, keys, setMany, type UseStore } from 'idb-keyval'
import { append, type Point, type Series } from './series.ts'

/** Counters whose history is kept: 500 points each make about 8 MB at the very most. */
export const maxSeries = 1_000

/** They are counted up, and the oldest dropped, once there are so many more. */
const slack = 100

type Id = readonly [replica: string, key: string]

const idOf = (replica: string, key: string): IDBValidKey => [replica, key]

export class HistoryStore {
  readonly #store: UseStore
  readonly #replica: string
  /** How many records there are at most; unknown until they were counted. */
  #records: number | undefined

  constructor(namespace: string, replica: string) {
    this.#store = createStore(`tallymesh/${namespace}/history`, 'series')
    this.#replica = replica
  }

  async read(key: string): Promise<Series> {
    try {
      const [series] = await getMany<Series | undefined>([idOf(this.#replica, key)], this.#store)
      return series ?? []
    } catch {
      return []
    }
  }

  /** Adds points to many series at once. */
  async add(points: ReadonlyMap<string, readonly Point[]>): Promise<void> {
    if (points.size === 0) return
    try {
      const ids = [...points.keys()].map((key) => idOf(this.#replica, key))
      const before = await getMany<Series | undefined>(ids, this.#store)
      const after = [...points.values()].map((added, at) => append(before[at] ?? [], added))
      await setMany(
        ids.map((id, at): [IDBValidKey, Series] => [id, after[at] ?? []]),
        this.#store,
      )
      await this.#bound(before.filter((series) => series === undefined).length)
    } catch {
      // No room, or no IndexedDB: the plot then shows what this visit saw.
    }
  }

  /** Drops the series that were quiet for longest, of whichever replica of this browser. */
  async #bound(added: number): Promise<void> {
    this.#records =
      this.#records === undefined ? (await keys(this.#store)).length : this.#records + added
    if (this.#records <= maxSeries + slack) return
    const all = await entries<IDBValidKey & Id, Series>(this.#store)
    const lastSeen = ([, series]: [unknown, Series]): number => series.at(-1)?.at ?? 0
    const newestFirst = all.toSorted((a, b) => lastSeen(b) - lastSeen(a))
    await delMany(
      newestFirst.slice(maxSeries).map(([id]) => id),
      this.#store,
    )
    this.#records = maxSeries
  }
}
