// Keeps the page's signals in step with this tab's replica.
import type { TabReplica, TabState } from './replica/tab-state.ts'
import { showChanges, showCounters } from './shown-changes.ts'
import * as page from './state.ts'

function showOnce(replica: TabReplica): void {
  const { service } = replica
  if (service === undefined || page.service.peek() === service) return
  showCounters(service)
  showChanges(service)
  page.service.value = service
  void import('./history/start.ts').then(({ recordHistory }) => recordHistory(service))
}

export function followReplica(replica: TabReplica): void {
  const take = (state: TabState): void => {
    showOnce(replica)
    page.tab.value = state
  }
  replica.watch(take)
  page.replica.value = replica
  take(replica.state)
}
