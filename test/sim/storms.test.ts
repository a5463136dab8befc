// No storms: exact counts from the simulated network. A change that costs more fails here.
import { expect, test } from 'vitest'
import { Cluster } from './cluster.ts'
import { linesOf } from './state.ts'
import { Received } from './received.ts'
import type { SimNode } from './sim-node.ts'
import { IDLE_BYTES_PER_SECOND } from './checkers/quiet-when-idle.ts'

const PEERS = 20
const LATENCY_MS = 10
/** Streams open to one peer at a time: it answers four, and tells the others to ask later. */
const MOST_STREAMS_AT_ONCE = 16
/** Slots that one peer sends another twice. */
const MOST_SENT_TWICE = 0
/** Slots that come to a peer in all, by those that it lacks. Several that it compares with at once send their own. */
const MOST_SENT_PER_NEEDED = 1.1
const MOST_SENT_PER_NEEDED_IN_A_MESH = 1.2
/**
 * As that, for one that 19 others have what it lacks: now and then one whom it asks sends the same as
 * one who asked it, and has not told yet.
 */
const MOST_SENT_PER_NEEDED_ON_RESTART = 2.2
/** A slot of one increment on a key of 6 to 8 bytes, by itself; and what else a comparison costs. */
const SLOT_BYTES = 12
const COMPARING_BYTES = 2000

const KEYS = 200

interface Storm {
  readonly cluster: Cluster
  readonly received: Received
}

const newStorm = (seed: string): Storm => {
  const received = new Received()
  const cluster: Cluster = new Cluster({
    seed,
    isExact: true,
    hasGossip: true,
    hasStreams: true,
    checkers: [() => received],
  })
  for (let i = 0; i < PEERS; i++) cluster.addNode()
  return { cluster, received }
}

const linkAll = ({ network, nodes }: Cluster, hubs: number): void => {
  for (let a = 0; a < hubs; a++)
    for (let b = a + 1; b < nodes.length; b++)
      network.link(nodes[a]!.name, nodes[b]!.name, LATENCY_MS)
}

const count = async ({ service }: SimNode, prefix: string): Promise<void> => {
  await service!.incrementAll(Array.from({ length: KEYS }, (_, i) => ({ key: `${prefix}-${i}` })))
}

/** Each counts on keys of its own, with nobody in reach. */
const countApart = async (cluster: Cluster): Promise<void> => {
  for (const node of cluster.nodes) node.start()
  await cluster.run(50)
  const counted = Promise.all(cluster.nodes.map((node) => count(node, node.name)))
  await cluster.run(50)
  await counted
}

const untilEqual = async (cluster: Cluster, withinMs: number): Promise<void> => {
  let isEqual = false
  const poll = (): void => {
    isEqual = cluster.isEqual()
    if (!isEqual) cluster.timeline.after(10, poll)
  }
  poll()
  await cluster.run(withinMs, () => isEqual)
  expect(isEqual).toBe(true)
}

const namesOf = (nodes: readonly SimNode[]): string[] => nodes.map(({ name }) => name)

test('20 peers connect to one at once', async () => {
  const { cluster, received } = newStorm('connect')
  await countApart(cluster)
  const [hub, ...others] = cluster.nodes
  linkAll(cluster, 1)
  await untilEqual(cluster, 10_000)
  const { mostAnswering, streamBytes } = cluster.traffic.of(hub!.name)
  const needed = others.length * (PEERS - 1) * KEYS
  expect(mostAnswering).toBeLessThanOrEqual(MOST_STREAMS_AT_ONCE)
  expect(received.of(namesOf(cluster.nodes)).twice).toBeLessThanOrEqual(MOST_SENT_TWICE)
  expect(received.of(namesOf(others)).slots).toBeLessThanOrEqual(needed * MOST_SENT_PER_NEEDED)
  expect(streamBytes).toBeLessThanOrEqual(needed * SLOT_BYTES + others.length * COMPARING_BYTES)
  for (const { service } of others) expect(linesOf(service!)).toEqual(linesOf(hub!.service!))
})

test('20 peers that all connect to each other send little more than what is lacking', async () => {
  const { cluster, received } = newStorm('mesh')
  await countApart(cluster)
  linkAll(cluster, PEERS)
  await untilEqual(cluster, 10_000)
  const { slots, twice } = received.of(namesOf(cluster.nodes))
  const needed = PEERS * (PEERS - 1) * KEYS
  expect(slots).toBeLessThanOrEqual(needed * MOST_SENT_PER_NEEDED_IN_A_MESH)
  expect(twice).toBeLessThanOrEqual(MOST_SENT_TWICE)
  const answering = cluster.nodes.map(({ name }) => cluster.traffic.of(name).mostAnswering)
  expect(Math.max(...answering)).toBeLessThanOrEqual(MOST_STREAMS_AT_ONCE)
})

test('one of 20 restarts', async () => {
  const { cluster, received } = newStorm('restart')
  await countApart(cluster)
  linkAll(cluster, PEERS)
  await untilEqual(cluster, 10_000)
  const restarted = cluster.nodes[7]!
  const others = cluster.nodes.filter((node) => node !== restarted)
  restarted.crash()
  // While it is away, the others go on.
  const counted = Promise.all(others.map((node) => count(node, 'away')))
  await cluster.run(5000)
  await counted
  received.reset()
  const before = cluster.traffic.total().streamBytes
  restarted.start()
  await untilEqual(cluster, 10_000)
  await cluster.run(10_000)
  const needed = others.length * KEYS
  const bytes = cluster.traffic.total().streamBytes - before
  const most = needed * MOST_SENT_PER_NEEDED_ON_RESTART
  expect(received.of([restarted.name]).slots).toBeLessThanOrEqual(most)
  // What it brings is nothing: nobody is sent anything.
  expect(received.of(namesOf(others)).slots).toBe(0)
  expect(bytes).toBeLessThanOrEqual(most * SLOT_BYTES + others.length * COMPARING_BYTES)
  const { mostAnswering } = cluster.traffic.of(restarted.name)
  expect(mostAnswering).toBeLessThanOrEqual(MOST_STREAMS_AT_ONCE)
})

test('20 peers in sync stay near silent', async () => {
  const { cluster } = newStorm('idle')
  await countApart(cluster)
  linkAll(cluster, PEERS)
  await untilEqual(cluster, 10_000)
  await cluster.run(30_000)
  const bytesOf = ({ name }: SimNode): number => cluster.traffic.of(name).streamBytes
  const before = cluster.nodes.map(bytesOf)
  const seconds = 300
  await cluster.run(seconds * 1000)
  const rates = cluster.nodes.map((node, i) => (bytesOf(node) - before[i]!) / seconds)
  expect(Math.max(...rates)).toBeLessThan(IDLE_BYTES_PER_SECOND)
})
