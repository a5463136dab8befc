// Daily life adds no replica id: three members, all up, of which one after the other restarts.
import { expect, test } from 'vitest'
import { Cluster } from './cluster.ts'

const RESTARTS = 100
/** Long enough to hear of both other members, and too short. */
const PROVEN_AFTER_MS = 1500
const SHORT_LIFE_MS = [1, 100] as const
const LATENCY_MS = 10

test('100 restarts of members that reach each other add no replica id, and lose nothing', async () => {
  const cluster = new Cluster({
    seed: 'restarts',
    isExact: true,
    hasGossip: true,
    hasStreams: true,
    checkers: [],
  })
  const nodes = [cluster.addNode(), cluster.addNode(), cluster.addNode()]
  const ids = nodes.map(({ peer }) => peer).sort()
  cluster.members.push(...ids)
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const)
    cluster.network.link(nodes[a]!.name, nodes[b]!.name, LATENCY_MS)
  let counted = 0n
  let whileProvisional = 0
  const random = cluster.random.fork('restarts')
  for (const node of nodes) node.start()
  await cluster.run(PROVEN_AFTER_MS)
  for (let i = 0; i < RESTARTS; i++) {
    const node = nodes[i % nodes.length]!
    const isCut = random.chance(0.5)
    if (isCut) node.crash()
    else void node.stop()
    await cluster.run(50)
    node.start()
    await cluster.run(5)
    // Some are over before they could prove anything.
    const lives = random.chance(0.3) ? 2 : 1
    for (let life = 0; life < lives; life++) {
      for (const { service } of nodes) {
        if (service === undefined) continue
        if (!service.status().verified) whileProvisional++
        const done = service.increment('x', counted % 7n)
        await cluster.run(5)
        await done
        counted++
      }
      if (life + 1 === lives) break
      await cluster.run(random.between(...SHORT_LIFE_MS))
      node.crash()
      node.start()
      await cluster.run(5)
    }
    await cluster.run(PROVEN_AFTER_MS)
  }
  await cluster.run(30_000)
  let sum = 0n
  for (let i = 0n; i < counted; i++) sum += i % 7n
  expect(whileProvisional).toBeGreaterThan(RESTARTS / 2)
  expect(cluster.logged.get('goes on under a new replica id')).toBeUndefined()
  for (const { service } of nodes) {
    expect(service!.getValue('x')).toBe(sum)
    expect(service!.getOps('x')).toBe(Number(counted))
    expect(service!.slots('x').map(({ replica }) => replica)).toEqual(ids)
  }
})
