// From a store to a replica: its counters, who it is, and what of it was damaged.
import { DistributedKeyCounter, TallymeshError, type Change } from '@tallymesh/core'
import {
  loadState,
  RecordCodec,
  type Damaged,
  type Meta,
  type ReplicaStore,
  type StoreBatch,
} from '@tallymesh/storage'
import {
  decodeIdentity,
  encodeIdentity,
  firstIdentity,
  IDENTITY,
  type Identity,
} from './identity.ts'
import { AGES } from './ages.ts'
import type { Log } from './replicator.ts'
import { within } from './shelter.ts'

export interface LoadedReplica {
  readonly counter: DistributedKeyCounter
  readonly codec: RecordCodec
  readonly identity: Identity
  /** What is to be written along with the first change. */
  readonly owed: StoreBatch
  /** What the store has kept of the age of request records. */
  readonly ages: Uint8Array | undefined
  /** Damaged records that the store has set aside, now and before. */
  readonly damaged: number
  /** Why the replica may not go on under its id, where that is so. */
  readonly distrust: string | undefined
}

/**
 * @param peer whose store it is
 * @param loading told how many records were read
 * @throws {TallymeshError} what the store throws
 */
export const loadReplica = async (
  store: ReplicaStore,
  peer: string,
  log: Log,
  loading?: (records: number) => void,
): Promise<LoadedReplica> => {
  const counter = new DistributedKeyCounter({ replica: peer })
  const codec = new RecordCodec()
  const meta: Meta[] = []
  const damaged: Damaged[] = []
  /** Replicas of which a request can not be given back to its slot. */
  const torn = new Set<string>()
  const owed = { put: [], delete: [] } as { put: StoreBatch['put'][number][]; delete: string[] }
  const versions: Extract<Change, { kind: 'version' }>[] = []
  let aside = 0
  for await (const chunk of loadState(store, codec)) {
    for (const change of chunk.changes)
      if (change.kind === 'version') versions.push(change)
      else if (!restore(counter, change, log)) torn.add(change.replica)
    meta.push(...chunk.meta)
    damaged.push(...chunk.damaged)
    owed.put.push(...chunk.mend.put)
    owed.delete.push(...chunk.mend.delete)
    aside = chunk.aside
    loading?.(chunk.records)
  }
  for (const { id, reason } of damaged) log.warn('a record is damaged', { id, reason })
  const known = upToNow(identityOf(meta, peer, log), counter)
  const identity = known ?? firstIdentity(peer)
  for (const replica of identity.provisional) counter.hide(replica)
  counter.writeAs({ writer: identity.epoch, epoch: identity.epoch })
  const isOwn = (replica: string | undefined): boolean =>
    replica === undefined || replica === identity.epoch || identity.provisional.includes(replica)
  const isTorn =
    known === undefined || damaged.some(({ replica }) => isOwn(replica)) || [...torn].some(isOwn)
  if (store.loss === undefined) for (const version of versions) counter.restore(version)
  else {
    log.warn('the store has lost records', { loss: store.loss })
    // Whose they were, nobody can tell: no version says any more that all up to it is held.
    owed.delete.push(...versions.flatMap(({ replica }) => codec.versionIdOf(replica) ?? []))
  }
  const isLost = isTorn || store.loss !== undefined
  const distrust = isLost ? 'a record of its own is damaged, or may be' : undefined
  const allDamaged = aside + owed.put.length
  const ages = meta.find(({ name }) => name === AGES)?.payload
  const loaded = { counter, codec, owed, damaged: allDamaged, distrust, ages }
  if (damaged.length === 0 && torn.size === 0 && !isLost) return { ...loaded, identity }
  // As a member, it may have voted for what is gone, whoever wrote that.
  const behind = { ...identity, isCatchingUp: true }
  owed.put.push(codec.encodeMeta(IDENTITY, encodeIdentity(behind)))
  return { ...loaded, identity: behind }
}

/** What an older program did not note ends with what the store holds. */
const upToNow = (
  identity: Identity | undefined,
  counter: DistributedKeyCounter,
): Identity | undefined => {
  if (identity === undefined) return undefined
  const last = counter.lastSeq(identity.epoch)
  return { ...identity, sheltered: within(identity.sheltered, last) }
}

/** Undefined where the record makes no sense: a program that knew better must have written it. */
const identityOf = (meta: readonly Meta[], peer: string, log: Log): Identity | undefined => {
  const record = meta.find(({ name }) => name === IDENTITY)
  if (record === undefined) return firstIdentity(peer)
  try {
    return decodeIdentity(record.payload, peer)
  } catch (error) {
    if (!isMalformed(error)) throw error
    log.warn('a record is damaged', { id: `m/${IDENTITY}`, reason: error.message })
    return undefined
  }
}

/** A request that its slot is too old for is left out: the slot was damaged once, and came back as it was before. */
const restore = (counter: DistributedKeyCounter, change: Change, log: Log): boolean => {
  try {
    counter.restore(change)
    return true
  } catch (error) {
    if (!isMalformed(error)) throw error
    log.warn('a record is damaged', { replica: change.replica, reason: error.message })
    return false
  }
}

const isMalformed = (error: unknown): error is TallymeshError =>
  error instanceof TallymeshError && error.code === 'ERR_MALFORMED'
