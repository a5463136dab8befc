// The targets that the whole was built to, and which bench measures each.

export interface OverviewRow {
  readonly work: string
  /** The bench, and the names of its targets that this is about: the worst of them counts. */
  readonly bench: string
  readonly targets: readonly string[]
}

export const OVERVIEW: readonly OverviewRow[] = [
  {
    work: 'increment, 10k keys, uniform and Zipf',
    bench: 'core',
    targets: ['increment, uniform', 'increment, Zipf'],
  },
  {
    work: 'increment, its delta encoded to bytes',
    bench: 'core',
    targets: [
      'increment and its delta as bytes, uniform',
      'increment and its delta as bytes, Zipf',
    ],
  },
  { work: 'getValue', bench: 'core', targets: ['getValue, uniform', 'getValue, Zipf'] },
  {
    work: 'join of 100k encoded deltas, from 1 and from 10 replicas',
    bench: 'core',
    targets: ['join of a delta, from 1', 'join of a delta, from 10'],
  },
  {
    work: 'bytes of one increment, known key',
    bench: 'bytes',
    targets: ['one increment, known key'],
  },
  {
    work: 'bytes of one increment, new key',
    bench: 'bytes',
    targets: ['one increment, new key of 16 bytes'],
  },
  {
    work: 'bytes of 100 increments, 10 known keys',
    bench: 'bytes',
    targets: ['100 increments, 10 known keys'],
  },
  {
    work: 'bytes of 100 increments, 10 new keys',
    bench: 'bytes',
    targets: ['100 increments, 10 new keys'],
  },
  {
    work: 'bytes of the state, 10k keys, 3 replicas',
    bench: 'bytes',
    targets: ['state, 10k keys, 3 replicas on each'],
  },
  { work: 'memory of a counter, 1M keys', bench: 'core', targets: ['memory of a counter'] },
  { work: 'save of 100k counters', bench: 'core', targets: ['save, a counter'] },
  { work: 'load of 100k counters', bench: 'core', targets: ['load, a counter'] },
  { work: 'seen at two other processes, idle, p50', bench: 'network', targets: ['idle, p50'] },
  {
    work: 'increments of three processes, in memory',
    bench: 'network',
    targets: ['increments of three peers, in memory, lag p99 under 200 ms'],
  },
  {
    work: 'increments of three processes, durable',
    bench: 'network',
    targets: ['increments of three peers, durable, lag p99 under 200 ms'],
  },
  {
    work: 'HTTP in batches of 100, durable',
    bench: 'http',
    targets: ['durable increments in batches'],
  },
]
