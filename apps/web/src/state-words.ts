// The state of this tab in plain words: one line that is never more certain than what is known.

/** What is known about how this tab stands. */
export interface TabFacts {
  readonly phase: 'opening' | 'asking' | 'running' | 'failed'
  /** Why it can't run, where `phase` is `failed`. */
  readonly failure: string | null
  /** Peers that are connected and speak the protocol. */
  readonly peers: number
  /** Whether the first attempt to reach the peer has not ended yet. */
  readonly connecting: boolean
  /** Whether any of them has been compared with, so that what it holds is shown. */
  readonly compared: boolean
  /** Own increments that no peer is known to hold: some of the last may have arrived all the same. */
  readonly unsent: number
  /** Why the store refused the last commit, or null while it is well. */
  readonly storeTrouble: string | null
}

export type TabState = 'opening' | 'connecting' | 'connected' | 'offline' | 'trouble' | 'failed'

export interface StateWords {
  readonly state: TabState
  readonly text: string
}

export const plural = (count: number, one: string, many: string): string =>
  `${count.toLocaleString()} ${count === 1 ? one : many}`

/** Whether counters that this tab does not know yet are about to come. */
export function isWaitingForPeers({ phase, peers, connecting, compared }: TabFacts): boolean {
  return phase !== 'running' || (peers === 0 ? connecting : !compared)
}

function offlineWords({ unsent }: TabFacts): string {
  if (unsent === 0) return 'Working offline · nothing waits to be sent'
  return `Working offline · up to ${plural(unsent, 'increment', 'increments')} not yet sent`
}

export function describeState(facts: TabFacts): StateWords {
  if (facts.phase === 'failed') {
    return { state: 'failed', text: facts.failure ?? 'This tab could not start' }
  }
  if (facts.phase === 'asking') return { state: 'connecting', text: 'Looking for the peer…' }
  if (facts.phase === 'opening') return { state: 'opening', text: 'Opening…' }
  if (facts.storeTrouble !== null) {
    return { state: 'trouble', text: `Storage in trouble: ${facts.storeTrouble}` }
  }
  if (facts.peers > 0) {
    return { state: 'connected', text: `Connected to ${plural(facts.peers, 'peer', 'peers')}` }
  }
  if (facts.connecting) return { state: 'connecting', text: 'Connecting…' }
  return { state: 'offline', text: offlineWords(facts) }
}
