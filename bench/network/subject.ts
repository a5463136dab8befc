// What is measured as a peer of three: the replica as it is, or what bare gossipsub takes for the like.

/** How a peer is made; it travels to the process that makes it. */
export interface SubjectOptions {
  /** `bare` is no replica: a Map, its changes published, and nothing that makes up for a lost message. */
  readonly kind: 'memory' | 'durable' | 'bare'
  /** Where a durable one keeps its store. */
  readonly folder: string
}

export interface Subject {
  readonly address: string
  connect(address: string): Promise<void>
  /** Resolves when so many others take its gossip, and it theirs. */
  meshed(others: number): Promise<void>
  /** One call for each key, all at once; resolves when each is recorded, on the disk where there is one. */
  incrementEach(keys: readonly string[]): Promise<unknown>
  /** One call for all. */
  incrementAll(keys: readonly string[]): Promise<unknown>
  getValue(key: string): number
  /** Tells when something may have come from others; undefined where nobody wants to know. */
  onSeen(listener: (() => void) | undefined): void
  stop(): Promise<void>
}

/** Milliseconds on the machine's monotonic clock, which all of its processes share. */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6
