// Runs in the page: a tab's replica with no network, and increments at it, as many at once as asked.
import { createCounterService, type CounterService } from '@tallymesh/sync'
import { Gate } from '../../../apps/web/src/replica/gate.ts'
import { startNode } from '../../../apps/web/src/replica/node.ts'
import { openIdentity } from '../../../apps/web/src/replica/opened-identity.ts'
import type { PlannedIncrement, ShownCounter, TabReport } from './subject.ts'

declare const report: (message: TabReport) => void

const namespace = 'torture'
/** Calls under way at once. */
const CALLERS = 8
const LARGEST_PAGE = 1000

const open = async (): Promise<CounterService> => {
  const { privateKey, store } = await openIdentity(namespace, () => {})
  const libp2p = await startNode(privateKey, new Gate())
  return createCounterService({ libp2p, store, namespace })
}

const opened = open()

const increment = async ({ at, key, amount, requestId }: PlannedIncrement): Promise<void> => {
  const service = await opened
  const id = requestId === undefined ? {} : { requestId }
  try {
    const { value, ops } = await service.increment(key, BigInt(amount), id)
    report({ at, key, value: `${value}`, ops })
  } catch (error) {
    report({ at, error: String(error) })
  }
}

const count = async (plan: readonly PlannedIncrement[]): Promise<void> => {
  const rest = plan.values()
  const call = async (): Promise<void> => {
    for (const planned of rest) await increment(planned)
  }
  await Promise.all(Array.from({ length: CALLERS }, call))
}

const list = async (): Promise<ShownCounter[]> => {
  const { counters } = (await opened).list({ limit: LARGEST_PAGE })
  return counters.map(({ key, value, ops }) => ({ key, value: `${value}`, ops }))
}

export const page = { opened, count, list }
export type Page = typeof page
Object.assign(globalThis, { page })
