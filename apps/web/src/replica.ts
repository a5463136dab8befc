// Starts this tab's replica and keeps the page's signals in step with it. Loaded after the first paint.
import { startTabReplica } from './replica/tab-replica.ts'
import type { TabReplica, TabState } from './replica/tab-state.ts'
import { showChanges, showCounters } from './shown-changes.ts'
import * as state from './state.ts'

function show({ service }: TabReplica, tab: TabState): void {
  state.namespace.value = tab.namespace ?? undefined
  state.otherNamespace.value = tab.otherNamespace ?? undefined
  state.keptInMemoryOnly.value = tab.identity?.lease === 'memory'
  state.learn({
    phase: tab.phase,
    failure: tab.failure,
    peers: tab.links.length,
    connecting: tab.connecting,
    compared: tab.compared,
    unsent: tab.unsent,
    storeTrouble: tab.storage.condition === 'memory' ? null : tab.storage.detail,
  })
  if (service === undefined || state.service.peek() !== undefined) return
  showCounters(service)
  showChanges(service)
  state.service.value = service
}

/** Opens what this browser holds, shows it, and only then looks for the network. */
export async function startReplica(): Promise<void> {
  const replica = startTabReplica()
  replica.watch((tab) => show(replica, tab))
  show(replica, replica.state)
}
