// The state of this tab in plain words: one line that is never more certain than what is known.
import type { StorageCondition, TabState } from './replica/tab-state.ts'

/** A few words to set colours by. `connected` has links, `offline` none, `off` wants none. */
export type TabMood =
  | 'opening'
  | 'connecting'
  | 'connected'
  | 'offline'
  | 'off'
  | 'trouble'
  | 'failed'

export interface StateWords {
  readonly state: TabMood
  readonly text: string
  /** Whether peers are known to hold all that this tab holds, and it all that they hold. */
  readonly inSync: boolean
}

export const plural = (count: number, one: string, many: string): string =>
  `${count.toLocaleString()} ${count === 1 ? one : many}`

const increments = (count: number): string => plural(count, 'increment', 'increments')

/** Whether counters that this tab does not know yet are about to come. */
export function isWaitingForPeers({ phase, links, connecting, compared }: TabState): boolean {
  return phase !== 'running' || (links.length === 0 ? connecting : !compared)
}

/** Why nothing can be counted, in a few words; null while it can. */
function storageWords(condition: StorageCondition): string | null {
  switch (condition) {
    case 'ok':
    case 'memory':
      return null
    case 'full':
      return 'the browser has no room left'
    case 'blocked':
      return 'another page holds it'
    case 'deleted':
      return 'this site’s data was deleted'
    case 'closed':
      return 'the browser closed it'
    default:
      return 'the browser refuses to save'
  }
}

const unsentWords = ({ unsent }: TabState): string =>
  unsent === 0 ? 'nothing waits to be sent' : `${increments(unsent)} not yet sent`

function linkedWords({ links, compared, unsent }: TabState): [text: string, inSync: boolean] {
  const peers = plural(links.length, 'peer', 'peers')
  if (!compared) return [`Comparing with ${peers}…`, false]
  if (unsent > 0) return [`Sending ${increments(unsent)}…`, false]
  if (links.some(({ lag }) => lag !== 0)) return [`Catching up with ${peers}…`, false]
  return [`In sync with ${peers}`, true]
}

export function describeState(tab: TabState): StateWords {
  const words = (state: TabMood, text: string, inSync = false): StateWords => ({
    state,
    text,
    inSync,
  })
  if (tab.phase === 'failed') return words('failed', tab.failure ?? 'This tab could not start')
  if (tab.phase === 'asking') return words('connecting', 'Looking for the peer…')
  if (tab.phase === 'opening') return words('opening', 'Opening…')
  if (tab.identity?.lease === 'lost') return words('trouble', 'Another tab has taken over')
  const trouble = storageWords(tab.storage.condition)
  if (trouble !== null) return words('trouble', `Storage in trouble: ${trouble}`)
  if (tab.leaving) return words('connecting', 'Leaving the network…')
  if (tab.offline) return words('off', `Off the network · ${unsentWords(tab)}`)
  if (tab.links.length > 0) return words('connected', ...linkedWords(tab))
  if (tab.connecting) return words('connecting', 'Connecting…')
  return words('offline', `Working offline · ${unsentWords(tab)}`)
}
