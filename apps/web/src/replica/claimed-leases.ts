// Leases where there are no Web Locks (plain HTTP off this machine): claims in the pool's database.
//
// A claim is taken in a transaction that compares it with what was read before, so of two tabs that want
// an identity one gets it. Its tab renews it while it lives, and gives it up when it closes. One that was
// neither renewed nor given up is free after `LAPSE_MS`, if nobody answers for it either: the clock may
// have been set, and a tab that is busy is no tab that is gone.
//
// A tab without a turn for all that time (frozen, asleep) loses its identity. It is told at its next turn,
// and could write nothing under it meanwhile: its store looks at its own lease in each commit
// (packages/storage/src/lease.ts).
import { promisifyRequest } from 'idb-keyval'
import type { Lease, Leases } from './leases.ts'
import { IDENTITIES, RELEASED } from './pool-database.ts'

const RENEW_MS = 20_000
/** Above the minute in which browsers give the timers of a hidden tab one turn. */
const LAPSE_MS = 150_000

/**
 * Tabs of one browser answer in a few milliseconds, unless they are asleep; but one that starts on a busy
 * machine had no turn for more than 300.
 */
const ANSWER_MS = 1_000
/** A wait that ends this much late tells of a machine on which answers are late, too. */
const LATE_MS = 100
/** Then it is waited again, at most so often. */
const MOST_WAITS = 5

/** Claimed by who is to be alone. No identity has this number. */
const ALONE = 0
const ALONE_STEP_MS = 20
/** Work done alone mostly takes a few ms. Whoever takes longer may have been killed in it. */
const ALONE_MS = 5_000

/** What an identity's record holds once it was claimed. */
interface Claim {
  readonly token: string
  /** When its tab last said that it lives, in ms by this machine's clock. */
  readonly renewed: number
}

interface Message {
  readonly kind: 'ask' | 'held'
  readonly numbers: readonly number[]
}

/** An identity that may be taken from whoever claimed it with this token; undefined where nobody did. */
interface Vacancy {
  readonly number: number
  readonly token: string | undefined
  /** Whether its tab gave it up. It may else be there, and silent. */
  readonly isReleased: boolean
}

interface Held {
  readonly token: string
  readonly lost: AbortController
}

export interface ClaimedLeasesOptions {
  /** What tells that the tab is about to go: the window. */
  readonly page?: EventTarget
  /** In ms. */
  readonly now?: () => number
}

const asClaim = (value: unknown): Claim | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const { token, renewed } = value as Partial<Claim>
  return typeof token === 'string' && typeof renewed === 'number' ? { token, renewed } : undefined
}

const asMessage = (value: unknown): Message | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, numbers } = value as Partial<Message>
  if (!Array.isArray(numbers) || !numbers.every(Number.isSafeInteger)) return undefined
  return kind === 'ask' || kind === 'held' ? { kind, numbers } : undefined
}

/** There is no `crypto.randomUUID` where this is used. */
const makeToken = (): string => crypto.getRandomValues(new BigUint64Array(2)).join('-')

/** Until whoever holds one would have answered. */
async function untilAnswered(): Promise<void> {
  for (let waits = 1; waits <= MOST_WAITS; waits++) {
    const began = performance.now()
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS))
    if (performance.now() - began < ANSWER_MS + LATE_MS) return
  }
}

export class ClaimedLeases implements Leases {
  readonly lapseMs = LAPSE_MS
  readonly #db: IDBDatabase
  readonly #page: EventTarget
  readonly #now: () => number
  readonly #channel: BroadcastChannel
  readonly #renewing: ReturnType<typeof setInterval>
  readonly #held = new Map<number, Held>()
  /** What this tab hears while it asks. */
  readonly #answers = new Set<Set<number>>()

  constructor(
    namespace: string,
    db: IDBDatabase,
    { page = globalThis as unknown as EventTarget, now = Date.now }: ClaimedLeasesOptions = {},
  ) {
    this.#db = db
    this.#page = page
    this.#now = now
    this.#channel = new BroadcastChannel(`tallymesh pool of ${namespace}`)
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data))
    this.#renewing = setInterval(() => void this.renew(), RENEW_MS)
    page.addEventListener('pagehide', this.#leave)
  }

  async takeFirst(numbers: readonly number[]): Promise<Lease | undefined> {
    const vacancies = await this.#vacancies(numbers)
    const released = vacancies.filter(({ isReleased }) => isReleased)
    const silent = vacancies.filter(({ isReleased }) => !isReleased)
    return (await this.#claimFirst(released)) ?? (await this.#claimFirst(await this.#ask(silent)))
  }

  takeAgain(number: number): Promise<Lease | undefined> {
    return this.takeFirst([number])
  }

  hold(number: number): Promise<Lease | undefined> {
    return this.takeFirst([number])
  }

  /** Where another was killed while it was alone, the pool may come to hold one more than it needs. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const lease = await this.#takePatiently(ALONE)
    try {
      return await work()
    } finally {
      lease?.release()
    }
  }

  /** Says that this tab lives, and learns what it has lost. */
  async renew(): Promise<void> {
    if (this.#held.size === 0) return
    try {
      const transaction = this.#db.transaction(IDENTITIES, 'readwrite')
      const identities = transaction.objectStore(IDENTITIES)
      for (const [number, held] of this.#held) {
        const claim = asClaim(await promisifyRequest(identities.get(number)))
        if (claim?.token === held.token) identities.put(this.#claim(held.token), number)
        else this.#lose(number, held)
      }
    } catch {
      // A pool that was deleted: then so were the databases of its identities, and their stores say so.
    }
  }

  /** Releases what is held, and answers no more. */
  close(): void {
    this.#releaseAll()
    clearInterval(this.#renewing)
    this.#page.removeEventListener('pagehide', this.#leave)
    this.#channel.close()
  }

  readonly #leave = (event: Event): void => {
    // A page that may come back keeps what it holds, as long as that lasts.
    if (!(event as PageTransitionEvent).persisted) this.#releaseAll()
  }

  async #vacancies(numbers: readonly number[]): Promise<Vacancy[]> {
    const transaction = this.#db.transaction([IDENTITIES, RELEASED])
    const looked = numbers.map(async (number): Promise<Vacancy | undefined> => {
      const value = await promisifyRequest(transaction.objectStore(IDENTITIES).get(number))
      if (value === undefined && number !== ALONE) return undefined
      if (this.#held.has(number)) return undefined
      const claim = asClaim(value)
      if (claim === undefined) return { number, token: undefined, isReleased: true }
      const { token, renewed } = claim
      const given = await promisifyRequest(transaction.objectStore(RELEASED).count(token))
      // A clock that was set back shows a claim of the future: as good as one of now.
      const isOld = this.#now() - renewed > LAPSE_MS
      return given > 0 || isOld ? { number, token, isReleased: given > 0 } : undefined
    })
    return (await Promise.all(looked)).filter((vacancy) => vacancy !== undefined)
  }

  async #takePatiently(number: number): Promise<Lease | undefined> {
    for (let waited = 0; waited < ALONE_MS; waited += ALONE_STEP_MS) {
      const lease = await this.takeFirst([number])
      if (lease !== undefined) return lease
      await new Promise((resolve) => setTimeout(resolve, ALONE_STEP_MS))
    }
    return undefined
  }

  /** Those for which nobody answers. */
  async #ask(vacancies: readonly Vacancy[]): Promise<Vacancy[]> {
    if (vacancies.length === 0) return []
    const held = new Set<number>()
    this.#answers.add(held)
    this.#say({ kind: 'ask', numbers: vacancies.map(({ number }) => number) })
    await untilAnswered()
    this.#answers.delete(held)
    return vacancies.filter(({ number }) => !held.has(number))
  }

  async #claimFirst(vacancies: readonly Vacancy[]): Promise<Lease | undefined> {
    for (const vacancy of vacancies) {
      const lease = await this.#take(vacancy)
      if (lease !== undefined) return lease
    }
    return undefined
  }

  /** Nothing where another tab took it, or its own renewed it, since it was found vacant. */
  async #take({ number, token: found, isReleased }: Vacancy): Promise<Lease | undefined> {
    const transaction = this.#db.transaction([IDENTITIES, RELEASED], 'readwrite')
    const identities = transaction.objectStore(IDENTITIES)
    const claim = asClaim(await promisifyRequest(identities.get(number)))
    const isRenewed = claim !== undefined && this.#now() - claim.renewed <= LAPSE_MS
    if (claim?.token !== found || (isRenewed && !isReleased)) return undefined
    const token = makeToken()
    identities.put(this.#claim(token), number)
    if (found !== undefined) transaction.objectStore(RELEASED).delete(found)
    await promisifyRequest(transaction)
    const held = { token, lost: new AbortController() }
    this.#held.set(number, held)
    return { number, lost: held.lost.signal, release: () => this.#release([number]) }
  }

  #claim(token: string): Claim {
    return { token, renewed: this.#now() }
  }

  #lose(number: number, held: Held): void {
    if (this.#held.get(number) === held) this.#held.delete(number)
    held.lost.abort()
  }

  #releaseAll(): void {
    this.#release([...this.#held.keys()])
  }

  /** Without looking first, which a page that is about to go has no time for. */
  #release(numbers: readonly number[]): void {
    const given = numbers.flatMap((number) => this.#held.get(number)?.token ?? [])
    for (const number of numbers) this.#held.delete(number)
    if (given.length === 0) return
    try {
      const transaction = this.#db.transaction(RELEASED, 'readwrite')
      for (const token of given) transaction.objectStore(RELEASED).put(true, token)
      transaction.commit()
    } catch {
      // A pool that was deleted has nothing to give back to.
    }
  }

  #hear(data: unknown): void {
    const message = asMessage(data)
    if (message?.kind === 'held')
      for (const heard of this.#answers) for (const number of message.numbers) heard.add(number)
    if (message?.kind === 'ask') {
      const numbers = message.numbers.filter((number) => this.#held.has(number))
      if (numbers.length > 0) this.#say({ kind: 'held', numbers })
    }
  }

  #say(message: Message): void {
    this.#channel.postMessage(message)
  }
}
