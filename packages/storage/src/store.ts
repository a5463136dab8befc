// What an engine has to do to hold a replica's state.

/** One record: an id, unique in its store, and its bytes (checksum included). */
export interface StoredRecord {
  /** ASCII, at most 64 chars; see records.ts. */
  readonly id: string
  /** May be a Buffer, whose slice() shares memory where that of a Uint8Array copies. */
  readonly bytes: Uint8Array
}

/** What one commit changes: all of it or nothing. */
export interface StoreBatch {
  readonly put: readonly StoredRecord[]
  readonly delete: readonly string[]
}

/**
 * Where a replica keeps its state. An engine moves bytes: it knows nothing of counters.
 *
 * A store is opened once, by one holder at a time, and is used by one caller that awaits each
 * commit before it starts the next.
 */
export interface ReplicaStore {
  /** What it is and where, for messages: `disk /var/lib/tallymesh`. */
  readonly name: string

  /**
   * True where what was committed can not have gone back to what it was before, so that whoever opens
   * it may go on under the id that it was left with. False if left out: disks are copied and restored.
   */
  readonly isProof?: boolean

  /**
   * What the engine had to leave out, in words; known after a load, undefined where it left out
   * nothing. It is told at each load, until the first commit after one: that commit also says, in the
   * same atomic write, that the loss has been dealt with.
   */
  readonly loss?: string | undefined

  /**
   * Takes hold of the store, and makes it where there is none.
   *
   * @throws {TallymeshError} `ERR_STORE_LOCKED` (naming the holder where it can be known),
   *   `ERR_STORE_CORRUPT`, `ERR_STORE_WRITE`
   */
  open(): Promise<void>

  /** Every record, in chunks, in no particular order. */
  load(): AsyncIterable<readonly StoredRecord[]>

  /**
   * Writes a batch atomically; durable (flushed to the disk) when the promise resolves. A rejected
   * commit has changed nothing. An id appears once in a batch: put or deleted.
   *
   * @throws {TallymeshError} `ERR_STORE_WRITE`; `ERR_INVALID_ARGUMENT` for an id that is not ASCII
   *   of 1 to 64 chars, or is in the batch twice
   */
  commit(batch: StoreBatch): Promise<void>

  /** Lets go of the store. Safe to call twice, and on a store that did not open. */
  close(): Promise<void>
}
