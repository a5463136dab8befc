// Trouble with the store, in words: what is wrong, what it means for the counts, and what to do.
import type { TabState } from './replica/tab-state.ts'
import { plural } from './state-words.ts'

/** Whether increments would be lost with this tab: no peer holds them, and no database does. */
export function wouldLoseUnsent({ storage: { condition }, unsent }: TabState): boolean {
  return unsent > 0 && (condition === 'deleted' || condition === 'memory')
}

function howToSend({ offline, links }: TabState): string {
  if (offline) return 'Put this tab back on the network to send them.'
  return links.length > 0 ? 'They are being sent.' : 'They go out as soon as a peer is in reach.'
}

function deletedWords(tab: TabState): string {
  const lost =
    'This site’s data was deleted while the tab was open, so nothing more can be counted here before a reload.'
  if (!wouldLoseUnsent(tab)) return `${lost} What was counted here has reached a peer.`
  const unsent = plural(tab.unsent, 'increment is', 'increments are')
  return `${lost} ${unsent} not sent yet, and would be lost: leave this tab open until all is sent. ${howToSend(tab)}`
}

/** Null while nothing is wrong that keeps from counting. */
export function storageAdvice(tab: TabState): string | null {
  switch (tab.storage.condition) {
    case 'ok':
    case 'memory':
      return null
    case 'full':
      return 'This browser has no room left, so nothing more can be counted here. What was counted is kept. Free some space, then count on.'
    case 'blocked':
      return 'Another tab keeps this one’s store from opening. Close other tabs of this page, then reload.'
    case 'deleted':
      return deletedWords(tab)
    case 'closed':
      return 'The browser closed this tab’s store. Reload; what was counted is kept.'
    default:
      return 'The browser refuses to save, so nothing more can be counted here. What was counted is kept.'
  }
}
