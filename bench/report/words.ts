// Why a target is not met: what its figure is made of, and what a minimal program takes. By the row of the
// overview; shown only where the last measurement misses it.

export const WHY: Readonly<Record<string, string>> = {
  'increment, 10k keys, uniform and Zipf':
    'A minimal program is beside it, the row *increment: the least program*: one table of keys, one writer, ' +
    'the slot’s row, a mark for the tree, and the answer that an increment owes its caller, an object with a ' +
    'bigint. A `Map` makes no answer. What is left between the two are the log of writes, the version, checks, and numbers of any size.',
  'increment, its delta encoded to bytes':
    'The PN-counter by hand writes key and replica in full and nothing else. A delta here finds its slots ' +
    'in the log of writes, names the key by its first write, and is half as long.',
  getValue:
    'It answers with a bigint, which is allocated for each answer, where a `Map` hands out the number that ' +
    'it has; and after the look-up of the key, it reads the row. The row *getValue: the least program* does ' +
    'that and nothing else.',
  'join of 100k encoded deltas, from 1 and from 10 replicas':
    'A join checks every number before it touches the state, looks for gaps, keeps the tree and the log. ' +
    'The PN-counter by hand checks nothing.',
  'memory of a counter, 1M keys':
    'Of these bytes, the `Map` from keys to numbers and the text of the key are as much as the baseline; 28 ' +
    'are the slot, some 15 the tree. What is left over are arrays that grow by steps.',
  'save of 100k counters':
    'A state is sorted by replica and seq, and written as columns, which makes it a third shorter than the ' +
    'baseline’s bytes.',
  'load of 100k counters':
    'A load checks what it reads, and builds the log, the short names and the marks of the tree; the ' +
    'baseline fills a `Map`.',
  'seen at two other processes, idle, p50':
    'Beside bare gossip, an increment goes through a commit before it is published, and another before it ' +
    'is seen: nothing is shown that can be forgotten. With a memory store these are a few turns of the ' +
    'event loop; with a disk, two flushes, one after the other.',
  'increments of three processes, in memory':
    'Three processes share the cores of this machine, and each increment is recorded at one and joined at ' +
    'two. Fed through the same code in one process, with no network, an increment in a call for a hundred ' +
    'took some 2.6 µs of CPU, and its join 1.8, on a machine that others used meanwhile: 6.2 µs for all ' +
    'three, and 300,000 a second on two cores leave 6.7 for that and for libp2p. In the profile, drafts and ' +
    'joins are a third, the records of three stores another, and collecting garbage a seventh. The minimal ' +
    'program, bare gossipsub with a PN-counter by hand, is in the table under load, with its own lag at ' +
    '300,000 a second. Where the machine has less time than that to give, gossip is pulled after the fact, ' +
    'and lags grow to seconds; nothing is lost.',
  'increments of three processes, durable':
    'All three flush to one disk, each its own increments and those of both others: three records written ' +
    'for each increment. *CPU of one* beside the memory store is what the disk adds.',
  'HTTP in batches of 100, durable':
    'The load comes from the same machine, so peer, disk and load share its cores.',
}
