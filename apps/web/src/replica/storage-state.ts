// How the store stands, in the page's terms.
import type { BrowserStoreCondition } from '@tallymesh/storage/browser'
import type { TabStorage } from './tab-state.ts'

/** @param trouble what the replica's own last commit met, or null */
export function storageOf(
  condition: BrowserStoreCondition,
  trouble: string | null,
): Omit<TabStorage, 'persistent'> {
  // That another tab took it is told by the identity's lease.
  if (condition === 'taken') return { condition: 'closed', detail: null }
  if (condition === 'ok' && trouble !== null) return { condition: 'refused', detail: trouble }
  // The others say it all by themselves.
  return { condition, detail: condition === 'refused' ? trouble : null }
}
