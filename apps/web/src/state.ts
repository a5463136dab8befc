// What the page knows, as signals. The replica writes them, the components read them.
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { CounterService } from '@tallymesh/sync'
import { nameOf } from './board/key.ts'
import { type Place, readPlace } from './board/place.ts'
import { CounterTable } from './counter-table.ts'
import { FIRST_STATE, type TabReplica, type TabState } from './replica/tab-state.ts'
import { describeState, type StateWords } from './state-words.ts'

export const counters: CounterTable = new CounterTable()

/** Where on the page one is. */
export const place: Signal<Place> = signal(readPlace(location.hash))

/** What is typed into the search field. */
export const search: Signal<string> = signal('')

/** This tab's replica as its owner drives it, once it is being started. */
export const replica: Signal<TabReplica | undefined> = signal(undefined)

/** The counting part of it, once it runs. */
export const service: Signal<CounterService | undefined> = signal(undefined)

/** How the replica stands. */
export const tab: Signal<TabState> = signal(FIRST_STATE)

/** Set when the page itself would open with no network. */
export const opensOffline: Signal<boolean> = signal(false)

export const stateWords: ReadonlySignal<StateWords> = computed(() => describeState(tab.value))

/** Keys of the board that is shown, in order. */
export const boardKeys: ReadonlySignal<readonly string[]> = computed(
  () => counters.board(place.value.board).keys.value,
)

/** Keys that the search lets through, in order. On the start page it looks on all boards. */
export const shownKeys: ReadonlySignal<readonly string[]> = computed(() => {
  const wanted = search.value.trim().toLocaleLowerCase()
  if (wanted === '') return boardKeys.value
  const { board } = place.value
  if (board !== '')
    return boardKeys.value.filter((key) => nameOf(key).toLocaleLowerCase().includes(wanted))
  return counters.keys.value.filter((key) => key.toLocaleLowerCase().includes(wanted))
})

/** Where each of them stands, from 0. Made anew only when the list itself changes. */
export const positions: ReadonlySignal<ReadonlyMap<string, number>> = computed(
  () => new Map(shownKeys.value.map((key, index) => [key, index])),
)

/** A counter to be scrolled to, and which of its controls is to be focused. */
export interface Wanted {
  readonly key: string
  readonly control: 'plus' | 'minus' | 'amount' | 'details'
}

export const wanted: Signal<Wanted | undefined> = signal(undefined)

/** What a screen reader says next. */
export const announcement: Signal<string> = signal('')

/** The dialog that is open, besides a counter's details, which have a place of their own. */
export const openDialog: Signal<'help' | 'network' | undefined> = signal(undefined)
