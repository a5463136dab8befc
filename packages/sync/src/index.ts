// @tallymesh/sync: the public names.
export { createCounterService, type CounterServiceOptions } from './create-counter-service.ts'
export { counterService, type CounterServiceInit } from './counter-service.ts'
export { DistributedConsistentCounter } from './consistent-counter.ts'
export { startReplica, type ReplicaOptions } from './service.ts'
export { backOffMs, type BackOff } from './back-off.ts'
export type {
  ExchangeEnd,
  ExchangeRole,
  ReplicatorCounts,
  ServiceCounts,
  StrongCounts,
} from './counts.ts'
export { systemClock, type Clock, type Random } from './clock.ts'
export { loadCounter } from './load-counter.ts'
export { signDelta, type SignedDelta } from './signed-delta.ts'
export { ALLOWANCES, type Allowance, type Charge, type Standing } from './allowances.ts'
export {
  PeerLimits,
  type LimitCounts,
  type LimitedPeer,
  type PeerLimitsOptions,
} from './peer-limits.ts'
export {
  decodeTabAddresses,
  encodeTabAddresses,
  MAX_ANNOUNCEMENT_BYTES,
  tabTopic,
} from './tab-addresses.ts'
export type { Libp2pComponents, Libp2pNode } from './libp2p/node.ts'
export type { Log } from './replicator.ts'
export { DEFAULT_RETENTION, type RetentionLimits } from './retention.ts'
export type { Healed, Reachability, ReachStatus } from './reach.ts'
export { QuorumUnavailableError, type QuorumErrorDetails } from './quorum-error.ts'
export type { Channel, Network, NetworkHandlers, PeerLink, Protocol, Verdict } from './network.ts'
export type {
  Ack,
  Consistency,
  Counter,
  CounterChange,
  CounterPage,
  CounterService,
  CounterServiceEvents,
  Increment,
  IncrementOptions,
  IncrementResult,
  ListOptions,
  PeerStatus,
  ReadOptions,
  RequestStatus,
  ServiceStatus,
} from './types.ts'
