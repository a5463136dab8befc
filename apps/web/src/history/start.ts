// Has what this tab sees recorded, for the plots. Loaded once the replica runs.
import type { CounterService } from '@tallymesh/sync'
import { history } from './current.ts'
import { counters } from '../state.ts'
import { HistoryRecorder } from './recorder.ts'
import { HistoryStore } from './store.ts'

export function recordHistory(service: CounterService): void {
  const { namespace, replica } = service.status()
  const recorder = new HistoryRecorder(new HistoryStore(namespace, replica))
  service.addEventListener('change', ({ detail: { key, value, previous } }) => {
    // The page's table learns of a change a frame later than this.
    recorder.note({ key, value, previous: counters.has(key) ? previous : undefined })
  })
  // The last seconds before a tab goes away; where that comes too late, they are missing in a plot.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) void recorder.keep()
  })
  history.value = recorder
}
