// Every limit of the HTTP API, with its reason.
import { LIMITS } from '@tallymesh/core'

interface HttpLimits {
  readonly connections: number
  readonly bodyBytes: number
  readonly batchItems: number
  readonly pageItems: number
  readonly defaultPageItems: number
  readonly maxTimeoutMs: number
  readonly defaultTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly checkEveryMs: number
  readonly importTimeoutMs: number
  readonly stallMs: number
  readonly exports: number
  readonly imports: number
  readonly watches: number
  readonly headerBytes: number
  readonly amountChars: number
  readonly keyBytes: number
  readonly requestIdBytes: number
}

export const HTTP_LIMITS: HttpLimits = Object.freeze({
  /** Each costs some 20 kB and a file handle; what comes on top is closed at once. */
  connections: 2048,
  /** A full batch of long keys and amounts fits. */
  bodyBytes: 1024 * 1024,
  /** One commit of this size still takes milliseconds. */
  batchItems: 1000,
  pageItems: 1000,
  defaultPageItems: 100,
  /** Long enough for a slow majority, short enough not to pile up waiting callers. */
  maxTimeoutMs: 60_000,
  defaultTimeoutMs: 5000,
  /** The whole request must have arrived by then: a client that trickles holds a socket, no more. */
  requestTimeoutMs: 30_000,
  /** How often Node looks for requests that have taken too long to arrive. */
  checkEveryMs: 5000,
  /** That of an import: a gigabyte at less than a megabyte a second. */
  importTimeoutMs: 1_800_000,
  /** Who sends or takes nothing of an import or export for so long has gone, or should. */
  stallMs: 60_000,
  /** Each holds a snapshot of the state: one that is under way, and one that someone cuts in with. */
  exports: 2,
  /** Each holds all that it has received. */
  imports: 2,
  /** Each holds a socket, and costs a look-up for every counter that changes. */
  watches: 256,
  /** Request line and headers: a page's `prefix` and `after` of 512 bytes, each byte as `%XX`, fit thrice. */
  headerBytes: 16 * 1024,
  /** The longest integer of 1,024 bits has 309 digits, and a sign. */
  amountChars: 310,
  keyBytes: LIMITS.keyBytes,
  requestIdBytes: LIMITS.requestIdBytes,
})
