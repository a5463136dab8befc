// A large transfer over a slow link: streams are cut again and again, and each brings something.
import { expect, test } from 'vitest'
import { Cluster } from './cluster.ts'

const BATCHES = 5
const KEYS = 1000
/** A slot of one increment on a key of some 15 bytes, by itself. */
const SLOT_BYTES = 20

/** One that holds a lot, and one that holds nothing, over a link of so many bytes a millisecond. */
const slowPair = async (bytesPerMs: number): Promise<Cluster> => {
  const cluster = new Cluster({
    seed: 'slow',
    isExact: true,
    hasGossip: true,
    hasStreams: true,
    checkers: [],
  })
  const [full, empty] = [cluster.addNode(), cluster.addNode()]
  for (const node of cluster.nodes) node.start()
  await cluster.run(50)
  for (let batch = 0; batch < BATCHES; batch++) {
    const keys = Array.from({ length: KEYS }, (_, i) => ({ key: `counter ${batch}-${i}` }))
    const counted = full.service!.incrementAll(keys)
    await cluster.run(100)
    await counted
  }
  cluster.network.link(full.name, empty.name, 50)
  for (const { lanes } of cluster.network.links)
    for (const { conditions } of lanes) Object.assign(conditions, { bytesPerMs, latencyMs: 200 })
  return cluster
}

// Of the largest messages, one takes longer than an exchange waits for anything to move.
test.each([
  [1, 500_000, 4],
  [2, 200_000, 3],
  [5, 60_000, 1.5],
])('%d bytes a millisecond', async (bytesPerMs, withinMs, mostSentPerNeeded) => {
  const cluster = await slowPair(bytesPerMs)
  let isEqual = false
  const poll = (): void => {
    isEqual = cluster.isEqual()
    if (!isEqual) cluster.timeline.after(500, poll)
  }
  poll()
  await cluster.run(withinMs, () => isEqual)
  expect(isEqual).toBe(true)
  const { streamBytes } = cluster.traffic.total()
  expect(streamBytes).toBeLessThanOrEqual(BATCHES * KEYS * SLOT_BYTES * mostSentPerNeeded)
  for (const node of cluster.nodes) node.crash()
})
