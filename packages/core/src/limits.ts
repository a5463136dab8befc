// Every limit of the data, with its reason.

/** What core accepts. Bytes are UTF-8 bytes. */
export const LIMITS: Readonly<
  Record<'keyBytes' | 'replicaBytes' | 'requestIdBytes' | 'totalBits' | 'seq', number>
> = Object.freeze({
  /** A key: long enough for a path or a URL, short enough to repeat in every index. */
  keyBytes: 512,
  /** A replica id: a peer id is 52, with an epoch tag 59. */
  replicaBytes: 128,
  /** A request id: a UUID is 36, a signed token may be 100. */
  requestIdBytes: 128,
  /** A total: past any count of anything, and small enough to join in no time. */
  totalBits: 1024,
  /** An operation number: nine years at a million a second, with room beside it in a safe integer. */
  seq: 2 ** 48 - 1,
})
