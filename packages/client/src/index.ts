// The public names of @tallymesh/client.
export {
  type BatchOptions,
  type CallOptions,
  type CountersOptions,
  createTallymeshClient,
  type Increment,
  type IncrementOptions,
  type ListOptions,
  type ReadOptions,
  TallymeshClient,
  type ImportOptions,
  type TransferOptions,
} from './client.ts'
export type { Clock } from './clock.ts'
export {
  type Attempt,
  type ClientErrorCode,
  type ErrorCode,
  type Outcome,
  type Problem,
  TallymeshClientError,
} from './errors.ts'
export type { ExportResult, Sink } from './download.ts'
export type { Level } from './messages.ts'
export type {
  Count,
  Counter,
  ImportResult,
  IncrementResult,
  Page,
  ReadResult,
  Status,
} from './replies.ts'
export { createRequestId } from './request-id.ts'
export type { ImportSource } from './upload.ts'
export type { ClientOptions, Fetch } from './settings.ts'
