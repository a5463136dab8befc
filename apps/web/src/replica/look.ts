// How a running replica stands, in the page's terms.
import type { BrowserStoreCondition } from '@tallymesh/storage/browser'
import type { CounterService } from '@tallymesh/sync'
import { linksOf } from './links.ts'
import type { OpenedIdentity } from './opened-identity.ts'
import type { SentMark } from './sent-mark.ts'
import { storageOf } from './storage-state.ts'
import type { TabIdentity, TabState, TabStorage } from './tab-state.ts'

export interface Subject {
  readonly service: CounterService
  readonly opened: OpenedIdentity
  readonly mark: SentMark
  /** When each peer came in reach; kept up by each look. */
  readonly since: Map<string, number>
}

type Seen = Pick<TabState, 'phase' | 'identity' | 'links' | 'compared' | 'unsent'> & {
  readonly storage: Omit<TabStorage, 'persistent'>
}

export function lookAt(
  { service, opened, mark, since }: Subject,
  condition: BrowserStoreCondition,
): Seen {
  const status = service.status()
  const { kept, whyNot } = opened
  return {
    phase: 'running',
    identity: {
      replica: status.replica,
      peerId: status.peerId,
      number: kept?.identity.number ?? null,
      lease: leaseOf(opened, condition),
    },
    storage:
      kept === undefined
        ? { condition: 'memory', detail: whyNot }
        : storageOf(condition, status.storeTrouble),
    links: linksOf(status.peers, since),
    compared: status.peers.some(({ lastExchangeMs }) => lastExchangeMs !== null),
    unsent: mark.observe(status),
  }
}

function leaseOf({ kept }: OpenedIdentity, condition: BrowserStoreCondition): TabIdentity['lease'] {
  if (kept === undefined) return 'memory'
  return condition === 'taken' ? 'lost' : 'held'
}
