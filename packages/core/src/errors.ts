// The one error class of Tallymesh, and the closed list of its codes.

/**
 * What went wrong, for programs. The text of an error may change; its code does not.
 *
 * - `ERR_INVALID_ARGUMENT`: a key, amount, replica id, request id or option is not allowed
 * - `ERR_TOTAL_LIMIT`: an increment would take a total past 1,024 bits
 * - `ERR_REQUEST_CONFLICT`: a request id was used before with another key or amount
 * - `ERR_MALFORMED`: bytes from outside do not decode, or break a rule of the format
 * - `ERR_STORE_LOCKED`: another process or tab holds this store
 * - `ERR_STORE_CORRUPT`: the store can not be opened or read at all
 * - `ERR_STORE_VERSION`: the store was written by a newer program
 * - `ERR_STORE_WRITE`: the store refused a commit (full, read-only, lease lost)
 * - `ERR_QUORUM_UNAVAILABLE`: no majority of the members answered in time
 * - `ERR_NOT_READY`: the service is still opening its store
 * - `ERR_STOPPED`: the service has been stopped
 * - `ERR_PROTOCOL`: a peer broke the protocol, or left in the middle of an exchange
 * - `ERR_TIMEOUT`: a step took longer than its limit
 */
export type ErrorCode =
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_TOTAL_LIMIT'
  | 'ERR_REQUEST_CONFLICT'
  | 'ERR_MALFORMED'
  | 'ERR_STORE_LOCKED'
  | 'ERR_STORE_CORRUPT'
  | 'ERR_STORE_VERSION'
  | 'ERR_STORE_WRITE'
  | 'ERR_QUORUM_UNAVAILABLE'
  | 'ERR_NOT_READY'
  | 'ERR_STOPPED'
  | 'ERR_PROTOCOL'
  | 'ERR_TIMEOUT'

/** Every error that Tallymesh throws on purpose. */
export class TallymeshError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TallymeshError'
    this.code = code
  }
}
