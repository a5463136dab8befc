// Runs in the page: the suite of all stores against its IndexedDB, and what a restart has to find.
import { BrowserStore } from '@tallymesh/storage/browser'
import { storeConformance } from '@tallymesh/storage/conformance'

/** What one case came to. */
export interface Outcome {
  readonly name: string
  readonly error?: string
}

let count = 0
const databases = new WeakMap<object, string>()
const at = (database: string): BrowserStore => {
  const store = new BrowserStore({ database })
  databases.set(store, database)
  return store
}

const conformance = async (): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  const suite = storeConformance({
    create: () => at(`conformance ${count++}`),
    reopen: (store) => at(databases.get(store)!),
    remove: (store) => void indexedDB.deleteDatabase(databases.get(store)!),
  })
  for (const { name, run } of suite)
    outcomes.push(
      await run().then(
        () => ({ name }),
        (error: unknown) => ({ name, error: String(error) }),
      ),
    )
  return outcomes
}

const held = new BrowserStore({ database: 'held' })

/** Commits to one database until the page is gone; the console hears what was acknowledged. */
const writeForever = async (): Promise<void> => {
  await held.open()
  for (let n = 0; ; n++) {
    await held.commit({ put: [{ id: String(n), bytes: Uint8Array.of(n) }], delete: [] })
    console.log(`ok ${n}`)
  }
}

const countHeld = async (): Promise<number> => {
  await held.open()
  let records = 0
  for await (const chunk of held.load()) records += chunk.length
  await held.close()
  return records
}

const tryToOpen = (): Promise<string> =>
  held.open().then(
    () => 'open',
    (error: unknown) => (error as { code: string }).code,
  )

export const page = { conformance, writeForever, countHeld, tryToOpen, exclusive: held.exclusive }
export type Page = typeof page
Object.assign(globalThis, { page })
