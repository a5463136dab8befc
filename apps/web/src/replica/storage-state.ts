// What is wrong with the storage, in words for a person.
import type { BrowserStoreCondition } from '@tallymesh/storage/browser'
import type { TabStorage } from './tab-state.ts'

const WORDS: Readonly<Record<BrowserStoreCondition, string | null>> = {
  ok: null,
  blocked: 'An older page of this site keeps the database from being opened. Close that tab.',
  full: 'This browser has no room left for this site. Make room on the disk, then count again.',
  refused: 'This browser refused to save.',
  deleted: 'The data of this site was deleted. Reload to go on; keep this tab until all is sent.',
  closed: 'This browser closed the database. Reload to go on.',
  taken: 'Another tab went on in this one’s place while it was asleep. Reload to go on.',
}

/** @param trouble what the replica's own last commit met, or null */
export function storageOf(
  condition: BrowserStoreCondition,
  trouble: string | null,
): Omit<TabStorage, 'persistent'> {
  if (condition === 'taken') return { condition: 'closed', detail: WORDS.taken }
  if (condition === 'ok' && trouble !== null) return { condition: 'refused', detail: trouble }
  return { condition, detail: WORDS[condition] }
}
