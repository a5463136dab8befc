// What a replica counts of itself, and how it stands.
import type {
  CounterService,
  ExchangeEnd,
  PeerStatus,
  RequestStatus,
  ServiceStatus,
} from '@tallymesh/sync'
import type { Registry } from 'prom-client'
import { addCounter, addGauge, type Sample } from './registry.ts'

/** Peers with metrics of their own: members, and of the others so many; tabs come and go. */
const MOST_OTHERS = 32

const ENDS: readonly ExchangeEnd[] = ['same', 'exchanged', 'descended', 'busy', 'failed']

/** Of the replica; undefined until its store is loaded. */
export type Source = () => CounterService | undefined

const flag = (fact: boolean): readonly Sample[] => [[fact ? 1 : 0]]

/** Those that get metrics of their own. */
const shown = ({ peers, members }: ServiceStatus): readonly PeerStatus[] => {
  const isMember = ({ peer }: PeerStatus): boolean => members.includes(peer)
  const others = peers.filter((peer) => peer.connected && !isMember(peer))
  return [...peers.filter(isMember), ...others.slice(0, MOST_OTHERS)]
}

const byPeer = (
  status: ServiceStatus,
  read: (peer: PeerStatus) => number | null,
): readonly Sample[] =>
  shown(status).flatMap((peer): Sample[] => {
    const value = read(peer)
    return value === null ? [] : [[value, { peer: peer.peer }]]
  })

type Counts = ReturnType<CounterService['counts']>

const addCounts = (registry: Registry, source: Source): void => {
  const add = (
    name: string,
    help: string,
    labels: readonly string[],
    read: (counts: Counts) => readonly Sample[],
  ): void =>
    addCounter(registry, {
      name,
      help,
      labels,
      read: () => {
        const counts = source()?.counts()
        return counts === undefined ? [] : read(counts)
      },
    })
  add(
    'increments_total',
    'Increments asked of this peer: recorded durably, known by their request id, or refused',
    ['outcome'],
    ({ increments }) => [
      [increments.recorded, { outcome: 'recorded' }],
      [increments.duplicate, { outcome: 'duplicate' }],
      [increments.refused, { outcome: 'refused' }],
    ],
  )
  add(
    'deltas_joined_total',
    'Deltas of other replicas joined durably, by the way they came',
    ['via'],
    ({ replicator: { deltas } }) => [
      [deltas.gossip, { via: 'gossip' }],
      [deltas.exchange, { via: 'exchange' }],
    ],
  )
  add('gossip_messages_total', 'Gossip messages', ['direction'], ({ published, replicator }) => [
    [published, { direction: 'out' }],
    [replicator.received, { direction: 'in' }],
  ])
  add('gossip_bytes_total', 'Bytes of these', ['direction'], (counts) => [
    [counts.publishedBytes, { direction: 'out' }],
    [counts.replicator.receivedBytes, { direction: 'in' }],
  ])
  add(
    'gossip_dropped_total',
    'Gossip messages that were wrong, or came faster than the disk takes them',
    ['reason'],
    ({ replicator }) => [
      [replicator.rejected, { reason: 'rejected' }],
      [replicator.ignored, { reason: 'overloaded' }],
    ],
  )
  add(
    'exchanges_total',
    'Exchanges of anti-entropy: both the same, slots exchanged, or found by Merkle descent; put off, or failed',
    ['role', 'outcome'],
    ({ replicator: { exchanges } }) =>
      (['asked', 'answered'] as const).flatMap((role) =>
        ENDS.map((outcome): Sample => [exchanges[role][outcome], { role, outcome }]),
      ),
  )
  add(
    'exchange_slots_total',
    'Slots that went over in exchanges, and those refused as their sender may not hand them on',
    ['direction'],
    ({ replicator: { slots } }) => [
      [slots.sent, { direction: 'out' }],
      [slots.received, { direction: 'in' }],
      [slots.refused, { direction: 'refused' }],
    ],
  )
  add('gaps_total', 'Deltas that came before others that they build on', [], (counts) => [
    [counts.replicator.gaps],
  ])
  add(
    'strong_calls_total',
    'Reads and increments that asked for a majority or all of the members',
    ['kind', 'outcome'],
    ({ strong }) =>
      (['read', 'increment'] as const).flatMap((kind): Sample[] => [
        [strong[kind].done, { kind, outcome: 'done' }],
        [strong[kind].failed, { kind, outcome: 'failed' }],
      ]),
  )
  add('quorum_reads_total', 'Strong reads that this peer led', [], ({ quorum }) => [[quorum.reads]])
  add(
    'quorum_rounds_total',
    'Rounds that these took: as many as reads, where members agree at once',
    [],
    ({ quorum }) => [[quorum.rounds]],
  )
}

const addStanding = (registry: Registry, source: Source): void => {
  const add = (
    name: string,
    help: string,
    read: (status: ServiceStatus) => readonly Sample[],
    labels: readonly string[] = [],
  ): void =>
    addGauge(registry, {
      name,
      help,
      labels,
      read: () => {
        const status = source()?.status()
        return status === undefined ? [] : read(status)
      },
    })
  addGauge(registry, {
    name: 'ready',
    help: 'Whether the store is loaded and counters are served',
    read: () => flag(source() !== undefined),
  })
  addGauge(registry, {
    name: 'divergence_seconds',
    help: 'For how long something has been known to be out of step with a peer in reach; 0 when nothing is',
    read: () => {
      const counts = source()?.counts()
      return counts === undefined ? [] : [[counts.apartMs / 1000]]
    },
  })
  add('counters', 'Counters', ({ counters }) => [[counters]])
  add('replicas', 'Replica ids that have counted', ({ replicas }) => [[replicas]])
  add('verified', 'Whether the replica id is proven', ({ verified }) => flag(verified))
  add('forks', 'Replica ids that two writers have used', ({ forks }) => [[forks.length]])
  add('store_damaged_records', 'Records that were set aside', ({ damaged }) => [[damaged]])
  add('store_trouble', 'Whether the store refused the last commit', ({ storeTrouble }) =>
    flag(storeTrouble !== null),
  )
  add('peers_connected', 'Peers in reach, tabs included', ({ peers }) => [
    [peers.filter(({ connected }) => connected).length],
  ])
  add(
    'peer_lag_operations',
    'Operations that one side held and the other did not, at the last exchange',
    (status) => byPeer(status, ({ lag }) => lag),
    ['peer'],
  )
  add(
    'peer_round_trip_seconds',
    'Round trip',
    (status) =>
      byPeer(status, ({ roundTripMs }) => (roundTripMs === null ? null : roundTripMs / 1000)),
    ['peer'],
  )
  add(
    'peer_connected',
    'Whether a peer is in reach',
    (status) => byPeer(status, ({ connected }) => (connected ? 1 : 0)),
    ['peer'],
  )
  add('members', 'Configured members', ({ members }) => [[members.length]])
  add('members_reached', 'Of them, those in reach, this peer included', ({ reach }) =>
    reach === null ? [] : [[reach.reached.length]],
  )
  add('quorum_available', 'Whether strong calls find a majority', ({ hasQuorum }) =>
    flag(hasQuorum),
  )
}

/** What the replica must remember of requests, and for how long a retry is safe. */
const addRequests = (registry: Registry, source: Source): void => {
  const add = (name: string, help: string, read: (requests: RequestStatus) => number): void =>
    addGauge(registry, {
      name,
      help,
      read: () => {
        const service = source()
        return service === undefined ? [] : [[read(service.status().requests)]]
      },
    })
  add('request_records', 'Records of request ids, of this replica’s own', (own) => own.records)
  add('request_records_kept', 'Of them, those kept for ever', (own) => own.kept)
  add('request_record_bytes', 'Bytes that they take', (own) => own.bytes)
  add('request_record_limit_bytes', 'Bytes that they may take', (own) => own.capBytes)
  add('request_retention_seconds', 'How long they are kept', (own) => own.retentionMs / 1000)
  add(
    'request_retry_safe_seconds',
    'For how long a retry counts once, at the rate of the last minute',
    (own) => own.safeMs / 1000,
  )
}

/** Who took more than a peer may. */
const addLimits = (registry: Registry, source: Source): void => {
  addCounter(registry, {
    name: 'peer_limits_total',
    help: 'Times that a peer was slowed for taking too much, cut off, or turned away after that',
    labels: ['action'],
    read: () => {
      const limits = source()?.status().limits
      if (limits === undefined) return []
      return [
        [limits.slowed, { action: 'slowed' }],
        [limits.cutOff, { action: 'cut_off' }],
        [limits.refused, { action: 'refused' }],
      ]
    },
  })
  addGauge(registry, {
    name: 'peers_limited',
    help: 'Peers that are held back now; 100 at most',
    read: () => {
      const service = source()
      return service === undefined ? [] : [[service.status().limited.length]]
    },
  })
}

export const addReplicaMetrics = (registry: Registry, source: Source): void => {
  addCounts(registry, source)
  addStanding(registry, source)
  addRequests(registry, source)
  addLimits(registry, source)
}
