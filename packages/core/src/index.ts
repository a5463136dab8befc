// @tallymesh/core: the public names.
export { add, negate, subtract, type Integer } from './integer.ts'
export { ByteReader, ByteWriter, malformed } from './bytes.ts'
export { checkAmount, checkKey, checkReplica, checkRequestId, utf8Length } from './arguments.ts'
export { compareKeys } from './key-order.ts'
export {
  DistributedKeyCounter,
  type Digest,
  type IncrementRequest,
  type KeyRange,
  type KeyValue,
} from './counter.ts'
export {
  hashRequestId,
  REQUEST_HASH_BYTES,
  type RequestHash,
  type RequestRecord,
} from './request.ts'
export {
  EMPTY_FINGERPRINT,
  FAN_OUT,
  MAX_DEPTH,
  type MerkleTree,
  type NodeName,
} from './merkle-tree.ts'
export type { Hash64 } from './murmur.ts'
export { hashText } from './slot-hash.ts'
export type { ReplicaFloor, ReplicaSlot, StateSnapshot } from './snapshot.ts'
export { decodeState, encodeState } from './state-format.ts'
export { LIMITS } from './limits.ts'
export {
  drops,
  isSameFloor,
  joinFloors,
  readFloorBytes,
  weighFloor,
  writeFloorBytes,
  type Floor,
} from './floor.ts'
export { bytesOf, type Remembered } from './floors.ts'
export type { KeyedRecord } from './state.ts'
export { noKeys, readDelta, writeDelta, type KeysInMessage } from './delta-format.ts'
export { TallymeshError, type ErrorCode } from './errors.ts'
export type { Change, Slot, Unit } from './slot.ts'
export type { Delta, DeltaUnit, KeyedDelta, KeyedUnit } from './delta.ts'
export type { Authorship, Draft } from './draft.ts'
export { nothingJoined, type Joined } from './join.ts'
export type { CountedIncrement, Recorded } from './increment.ts'
export type { VersionVector } from './version-vector.ts'
