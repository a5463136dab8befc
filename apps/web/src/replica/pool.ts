// The identities that tabs of this origin share: a tab leases one for as long as it lives, and a free
// one before a new one. So there are as many as tabs were ever open together, not as were ever opened.
import { promisifyRequest } from 'idb-keyval'
import { ClaimedLeases } from './claimed-leases.ts'
import type { Lease, Leases } from './leases.ts'
import { LockedLeases } from './locked-leases.ts'
import { IDENTITIES, openPoolDatabase } from './pool-database.ts'

/** An identity that this tab alone may write under. */
export interface PooledIdentity extends Lease {
  /** The IndexedDB database of its replica. */
  readonly database: string
}

/** What a tab keeps of its place in the pool for after a reload. A duplicated tab has a copy of it. */
export interface TabMemory {
  get(): number | undefined
  set(number: number): void
}

export class IdentityPool {
  readonly #namespace: string
  readonly #db: IDBDatabase
  readonly #leases: Leases

  private constructor(namespace: string, db: IDBDatabase, leases: Leases) {
    this.#namespace = namespace
    this.#db = db
    this.#leases = leases
  }

  /** Throws what IndexedDB throws where there is none, as in some private windows. */
  static async open(
    namespace: string,
    leasesFor: (namespace: string, db: IDBDatabase) => Leases = leasesHere,
  ): Promise<IdentityPool> {
    const db = await openPoolDatabase(namespace)
    return new IdentityPool(namespace, db, leasesFor(namespace, db))
  }

  /** After so many ms an identity is left whose tab went without releasing it. */
  get lapseMs(): number {
    return this.#leases.lapseMs
  }

  /** Takes an identity: the one from before a reload, else a free one, else a new one. */
  async take(memory: TabMemory): Promise<PooledIdentity> {
    const lease = (await this.#takeAgain(memory)) ?? (await this.#takeAny())
    memory.set(lease.number)
    return this.#named(lease)
  }

  /**
   * Calls `takeUp` with each identity that nobody holds, leased meanwhile: what was counted under it in
   * a tab that is closed. One at a time, and no other tab does so at the same time.
   */
  async forEachLeft(takeUp: (identity: PooledIdentity) => Promise<void>): Promise<void> {
    for (const number of await this.numbers())
      await this.#leases.alone(async () => {
        const lease = await this.#leases.takeFirst([number])
        if (lease === undefined) return
        try {
          await takeUp(this.#named(lease))
        } finally {
          lease.release()
        }
      })
  }

  /** From 1. */
  async numbers(): Promise<number[]> {
    const keys = await promisifyRequest(
      this.#db.transaction(IDENTITIES).objectStore(IDENTITIES).getAllKeys(),
    )
    return keys.filter((key) => typeof key === 'number').filter((number) => number > 0)
  }

  close(): void {
    this.#leases.close()
    this.#db.close()
  }

  async #takeAgain(memory: TabMemory): Promise<Lease | undefined> {
    const before = memory.get()
    if (before === undefined || !(await this.numbers()).includes(before)) return undefined
    return this.#leases.takeAgain(before)
  }

  /** Once more while nobody takes any up: what seemed held may have been so only for that. */
  async #takeAny(): Promise<Lease> {
    const free = await this.#leases.takeFirst(await this.numbers())
    return free ?? (await this.#leases.alone(() => this.#takeOrMake()))
  }

  async #takeOrMake(): Promise<Lease> {
    const free = await this.#leases.takeFirst(await this.numbers())
    if (free !== undefined) return free
    for (;;) {
      const lease = await this.#leases.hold(await this.#make())
      if (lease !== undefined) return lease
    }
  }

  /** IndexedDB gives each number once, whoever asks at the same time. */
  async #make(): Promise<number> {
    const transaction = this.#db.transaction(IDENTITIES, 'readwrite', { durability: 'strict' })
    const number = await promisifyRequest(transaction.objectStore(IDENTITIES).add({}))
    await promisifyRequest(transaction)
    return Number(number)
  }

  #named(lease: Lease): PooledIdentity {
    return { ...lease, database: `tallymesh/${this.#namespace}/${lease.number}` }
  }
}

function leasesHere(namespace: string, db: IDBDatabase): Leases {
  const hasLocks = navigator.locks !== undefined
  return hasLocks ? new LockedLeases(namespace) : new ClaimedLeases(namespace, db)
}

/** The number this tab had before a reload, in its session's storage. */
export function sessionMemory(namespace: string): TabMemory {
  const name = `tallymesh/${namespace}/identity`
  return {
    get() {
      const text = sessionStorage.getItem(name)
      return text === null ? undefined : Number(text)
    },
    set: (number) => sessionStorage.setItem(name, String(number)),
  }
}
