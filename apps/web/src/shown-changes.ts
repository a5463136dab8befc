// Carries the replica's counters to the page: all at the start, then what changes, once a frame.
import type { CounterService } from '@tallymesh/sync'
import type { ShownCounter } from './counter-table.ts'
import { counters } from './state.ts'

/** A page of the replica's list. Large: they are all in memory. */
const pageLength = 1_000

/** How long changes are gathered while there are no frames, in a hidden tab. */
const hiddenWaitMs = 250

export function showCounters(service: CounterService): void {
  const all: ShownCounter[] = []
  let after: string | undefined
  do {
    const page = service.list({ limit: pageLength, ...(after === undefined ? {} : { after }) })
    all.push(...page.counters)
    after = page.after
  } while (after !== undefined)
  counters.put(all)
}

/** Thousands of changes a second cost one repaint a frame. */
export function showChanges(service: CounterService): void {
  const waiting = new Map<string, ShownCounter>()
  const show = (): void => {
    counters.put(waiting.values())
    waiting.clear()
  }
  service.addEventListener('change', ({ detail: { key, value, ops } }) => {
    if (waiting.size === 0) {
      if (document.hidden) setTimeout(show, hiddenWaitMs)
      else requestAnimationFrame(show)
    }
    waiting.set(key, { key, value, ops })
  })
}
