import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ClaimedLeases } from './claimed-leases.ts'
import { IDENTITIES, openPoolDatabase } from './pool-database.ts'

const LONG_MS = 10 * 60_000

let name = ''
let runs = 0
let now = 0
let opened: Tab[] = []

beforeEach(() => {
  name = `claims ${runs++}`
  now = 1_000_000
  globalThis.indexedDB = new IDBFactory()
})
afterEach(() => {
  for (const { leases, db } of opened.splice(0)) {
    leases.close()
    db.close()
  }
})

/** Tabs of one pool: BroadcastChannel carries between them as it does in a browser. */
class Tab {
  readonly page = new EventTarget()
  readonly db: IDBDatabase
  readonly leases: ClaimedLeases

  constructor(db: IDBDatabase) {
    this.db = db
    this.leases = new ClaimedLeases(name, db, { page: this.page, now: () => now })
    opened.push(this)
  }

  take(...numbers: number[]): ReturnType<ClaimedLeases['takeFirst']> {
    return this.leases.takeFirst(numbers)
  }

  /** Killed: it says nothing, and answers nothing. */
  async kill(): Promise<Tab> {
    opened = opened.filter((each) => each !== this)
    this.db.close()
    this.leases.close()
    return this
  }

  hide(persisted: boolean): void {
    this.page.dispatchEvent(Object.assign(new Event('pagehide'), { persisted }))
  }
}

const openTab = async (): Promise<Tab> => new Tab(await openPoolDatabase(name))
const openTabs = async (count: number): Promise<Tab[]> => {
  const tabs = await Promise.all(Array.from({ length: count }, openTab))
  const transaction = tabs[0]!.db.transaction(IDENTITIES, 'readwrite')
  for (let n = 0; n < 3; n++) transaction.objectStore(IDENTITIES).add({})
  return tabs
}

test('tabs that ask at the same moment hold different numbers', async () => {
  const tabs = await openTabs(4)
  const leases = await Promise.all(tabs.map((tab) => tab.take(1, 2, 3)))
  const numbers = leases.map((lease) => lease?.number)
  expect(numbers.filter((number) => number !== undefined).toSorted()).toEqual([1, 2, 3])
})

test('what is held is not given, and is at once when it was released', async () => {
  const [first, second] = (await openTabs(2)) as [Tab, Tab]
  const lease = await first.take(1)
  expect(await second.take(1)).toBeUndefined()
  expect(await first.take(1)).toBeUndefined()
  lease!.release()
  expect((await second.leases.takeAgain(1))?.number).toBe(1)
})

test('a number that is not of the pool is not given', async () => {
  const [tab] = await openTabs(1)
  expect(await tab!.take(9)).toBeUndefined()
})

test('a page that goes releases what it held; one that may come back keeps it', async () => {
  const [first, second] = (await openTabs(2)) as [Tab, Tab]
  await first.take(1)
  await first.take(2)
  first.hide(true)
  expect(await second.take(1, 2)).toBeUndefined()
  first.hide(false)
  expect((await second.take(1, 2))?.number).toBe(1)
})

test('a tab that was killed loses what it held, and not before its claim is old', async () => {
  const [first, second] = (await openTabs(2)) as [Tab, Tab]
  await first.take(1)
  await first.kill()
  now += second.leases.lapseMs
  expect(await second.take(1)).toBeUndefined()
  now++
  expect((await second.take(1))?.number).toBe(1)
})

test('a tab that renews what it holds keeps it, however long it lives', async () => {
  const [first, second] = (await openTabs(2)) as [Tab, Tab]
  const lease = await first.take(1)
  now += LONG_MS
  await first.leases.renew()
  await first.kill()
  expect(await second.take(1)).toBeUndefined()
  expect(lease!.lost.aborted).toBe(false)
})

test('a claim that a wrong clock makes old is kept by who answers for it', async () => {
  const [first, second] = (await openTabs(2)) as [Tab, Tab]
  await first.take(1)
  now += LONG_MS
  expect(await second.take(1)).toBeUndefined()
  expect((await second.take(1, 2))?.number).toBe(2)
})

test('a claim of the future is held: the clock was set back', async () => {
  const [first, second] = (await openTabs(2)) as [Tab, Tab]
  await first.take(1)
  await first.kill()
  now -= LONG_MS
  expect(await second.take(1)).toBeUndefined()
})

test('who renews while another waits for an answer keeps what it holds', async () => {
  const [busy, second] = (await openTabs(2)) as [Tab, Tab]
  await busy.take(1)
  const claim = async (): Promise<unknown> =>
    new Promise((resolve) => {
      const request = second.db.transaction(IDENTITIES).objectStore(IDENTITIES).get(1)
      request.onsuccess = () => resolve(request.result)
    })
  const { token } = (await claim()) as { token: string }
  await busy.kill()
  now += LONG_MS
  const taking = second.take(1)
  const third = await openTab()
  third.db
    .transaction(IDENTITIES, 'readwrite')
    .objectStore(IDENTITIES)
    .put({ token, renewed: now }, 1)
  expect(await taking).toBeUndefined()
})

test('of two that find one left at the same moment, one gets it', async () => {
  const [first, second, third] = (await openTabs(3)) as [Tab, Tab, Tab]
  await first.take(1)
  await first.kill()
  now += LONG_MS
  const leases = await Promise.all([second.take(1), third.take(1)])
  expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1)
})

test('those who are to be alone are so one after the other, and numbers stay free meanwhile', async () => {
  const tabs = await openTabs(3)
  let inside = 0
  const seen: number[] = []
  const work = async (): Promise<void> => {
    inside++
    expect((await tabs[0]!.take(1))?.release()).toBeUndefined()
    seen.push(inside)
    inside--
  }
  await Promise.all(tabs.map(({ leases }) => leases.alone(work)))
  expect(seen).toEqual([1, 1, 1])
})

test('a tab learns at its next turn that another took what it held', async () => {
  const [first, second] = (await openTabs(2)) as [Tab, Tab]
  const lease = await first.take(1)
  const kept = await first.take(2)
  const identities = second.db.transaction(IDENTITIES, 'readwrite').objectStore(IDENTITIES)
  identities.put({ token: 'of another', renewed: now }, 1)
  await first.leases.renew()
  expect(lease!.lost.aborted).toBe(true)
  expect(kept!.lost.aborted).toBe(false)
})

test('words of another program on the channel are not listened to', async () => {
  const [first, second] = (await openTabs(2)) as [Tab, Tab]
  await first.take(1)
  await first.kill()
  now += LONG_MS
  const other = new BroadcastChannel(`tallymesh pool of ${name}`)
  const asked = second.take(1)
  for (const word of [null, 'held', { kind: 'held', numbers: ['1'] }, { kind: 'held' }])
    other.postMessage(word)
  expect((await asked)?.number).toBe(1)
  other.close()
})

test('a pool that was deleted fails nothing that is held', async () => {
  const [first] = (await openTabs(1)) as [Tab]
  const lease = await first.take(1)
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(`tallymesh/${name}/pool`).onsuccess = resolve
  })
  await first.leases.renew()
  lease!.release()
  expect(lease!.lost.aborted).toBe(false)
})
