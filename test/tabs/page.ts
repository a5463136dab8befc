// Runs in the page: a tab's replica with no looks, as the app starts it.
import { startTabReplica } from '../../apps/web/src/replica/tab-replica.ts'
import type { TabState } from '../../apps/web/src/replica/tab-state.ts'

const replica = startTabReplica()

const started = new Promise<void>((resolve) => {
  const look = (): void => {
    if (replica.service !== undefined) resolve()
  }
  replica.watch(look)
  look()
})

/** Counts, and says what the counter came to; or the code of why not. */
const count = async (key: string, amount: number): Promise<string> => {
  await started
  try {
    const { value } = await replica.service!.increment(key, amount)
    return `${value}`
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const value = (key: string): string => `${replica.service?.getValue(key) ?? 'not started'}`

const state = (): TabState => replica.state

export const page = {
  count,
  value,
  state,
  setOffline: (offline: boolean): Promise<void> => replica.setOffline(offline),
}
export type Page = typeof page
Object.assign(globalThis, { page })
