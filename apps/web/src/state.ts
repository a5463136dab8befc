// What the page knows, as signals. The replica writes them, the components read them.
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { CounterService } from '@tallymesh/sync'
import { CounterTable } from './counter-table.ts'
import { describeState, type StateWords, type TabFacts } from './state-words.ts'

export const counters: CounterTable = new CounterTable()

/** What is typed into the search field. */
export const search: Signal<string> = signal('')

/** The replica, once it runs. */
export const service: Signal<CounterService | undefined> = signal(undefined)

export const namespace: Signal<string | undefined> = signal(undefined)

/** Set where counts are lost with the tab: no Web Locks, so no id may be kept. */
export const keptInMemoryOnly: Signal<boolean> = signal(false)

/** Set when the peer now serves another namespace than the one shown. */
export const otherNamespace: Signal<string | undefined> = signal(undefined)

/** Set when the page itself would open with no network. */
export const opensOffline: Signal<boolean> = signal(false)

export const facts: Signal<TabFacts> = signal<TabFacts>({
  phase: 'opening',
  failure: null,
  peers: 0,
  connecting: true,
  compared: false,
  unsent: 0,
  storeTrouble: null,
})

/** Writes what has changed of the facts. */
export function learn(change: Partial<TabFacts>): void {
  facts.value = { ...facts.peek(), ...change }
}

export const stateWords: ReadonlySignal<StateWords> = computed(() => describeState(facts.value))

/** Keys that the search lets through, in order. */
export const shownKeys: ReadonlySignal<readonly string[]> = computed(() => {
  const wanted = search.value.trim().toLocaleLowerCase()
  const keys = counters.keys.value
  return wanted === '' ? keys : keys.filter((key) => key.toLocaleLowerCase().includes(wanted))
})

/** The counter that was just added or asked for: scrolled to, and focused. */
export const wantedKey: Signal<string | undefined> = signal(undefined)

/** What a screen reader says next. */
export const announcement: Signal<string> = signal('')
