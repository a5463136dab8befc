// A replica on an app's own libp2p node.
import type { ReplicaStore } from '@tallymesh/storage'
import { systemClock } from './clock.ts'
import { createLibp2pNetwork, type Libp2pNetworkOptions } from './libp2p/network.ts'
import { PeerLimits } from './peer-limits.ts'
import type { Log } from './replicator.ts'
import type { RetentionLimits } from './retention.ts'
import { startReplica } from './service.ts'
import type { CounterService } from './types.ts'

export interface CounterServiceOptions {
  /** A started node with gossipsub as `services.pubsub`, and identify. It stays the app's own. */
  readonly libp2p: Libp2pNetworkOptions['libp2p']
  /** Where the state is kept. The service opens it, and closes it. */
  readonly store: ReplicaStore
  /** Replicas of one namespace share their counters: 1 to 64 chars of `A-Z a-z 0-9 . _ -`. */
  readonly namespace: string
  /** The fixed list of peer ids that vote, this one included. */
  readonly members?: readonly string[]
  /** What an operator may want to know. Nothing is logged unless it is given. */
  readonly log?: Log
  /** Told now and then, before the service is there, how many records of the store were loaded. */
  readonly loading?: (records: number) => void
  /** The store was put back from a backup: it is not trusted with its replica id. */
  readonly restored?: boolean
  /**
   * What each peer may cost this one, made by whoever made the node, so that its connection gater can ask
   * who is turned away. Made here if left out: the node's door stays open then, and no stream is.
   */
  readonly limits?: PeerLimits
  /**
   * For how long request ids are remembered (24 hours if left out), and how many bytes their records may
   * take on the wire in all (3 MiB, some 150,000 requests); then the oldest go first.
   */
  readonly requests?: Partial<RetentionLimits>
}

const SILENT: Log = { info() {}, warn() {} }

/**
 * Starts a replica on a libp2p node that runs. The node is the app's own: the replica adds its
 * protocols and its topic, and takes them away again when it is stopped.
 *
 * @param options the node, the store, and what is to be shared with whom
 * @throws {TallymeshError} `ERR_INVALID_ARGUMENT` (namespace), `ERR_STORE_LOCKED`,
 *   `ERR_STORE_CORRUPT`, `ERR_STORE_VERSION`, `ERR_STORE_WRITE`
 */
export const createCounterService = ({
  libp2p,
  store,
  namespace,
  members = [],
  log = SILENT,
  loading,
  restored,
  requests,
  limits = new PeerLimits({ clock: systemClock, members }),
}: CounterServiceOptions): Promise<CounterService> => {
  const network = createLibp2pNetwork({ libp2p, namespace, peerLimits: limits })
  limits.addEventListener('cutoff', ({ detail }) => {
    log.warn('a peer passed its limits', { ...detail })
  })
  return startReplica({
    network,
    store,
    namespace,
    members,
    clock: systemClock,
    random: Math.random,
    log,
    loading,
    restored,
    limits,
    requests,
  })
}
