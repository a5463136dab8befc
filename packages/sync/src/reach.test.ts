// Which members are in reach, on a clock that a test moves.
import { beforeEach, expect, it } from 'vitest'
import { Reach, type Healed, type ReachStatus } from './reach.ts'
import { FakeClock } from './testing/fake-clock.ts'

let clock: FakeClock
let changes: ReachStatus[]
let healed: Healed[]

const reachOf = (members: readonly string[], self = 'a'): Reach => {
  const options = { clock, members, self }
  return new Reach({
    ...options,
    changed: (status) => changes.push(status),
    healed: (one) => healed.push(one),
  })
}

beforeEach(() => {
  clock = new FakeClock()
  changes = []
  healed = []
})

it('members that come in time are never missed', async () => {
  const reach = reachOf(['a', 'b', 'c'])
  await clock.advance(2900)
  reach.found('b')
  reach.found('c')
  await clock.advance(60_000)
  expect(changes).toEqual([])
  expect(reach.status()).toMatchObject({ reachability: 'connected', hasQuorum: true, missed: [] })
})

it('a minority away is a partition, a majority away isolates', async () => {
  const reach = reachOf(['a', 'b', 'c'])
  reach.found('b')
  await clock.advance(3000)
  expect(changes.at(-1)).toMatchObject({
    reachability: 'partitioned',
    hasQuorum: true,
    reached: ['a', 'b'],
    missed: [{ member: 'c', forMs: 3000 }],
  })
  reach.lost('b')
  await clock.advance(3000)
  expect(changes.at(-1)).toMatchObject({ reachability: 'isolated', hasQuorum: false })
  await clock.advance(500)
  expect(reach.status().forMs).toBe(500)
})

it('a link that blinks changes nothing', async () => {
  const reach = reachOf(['a', 'b', 'c'])
  reach.found('b')
  reach.found('c')
  for (let i = 0; i < 10; i++) {
    reach.lost('b')
    await clock.advance(200)
    reach.found('b')
    await clock.advance(200)
  }
  await clock.advance(60_000)
  expect(changes).toEqual([])
})

it('who comes back is healed once it was compared with', async () => {
  const reach = reachOf(['a', 'b', 'c'])
  reach.found('b')
  reach.found('c')
  reach.lost('c')
  await clock.advance(10_000)
  reach.exchanged('b', 7)
  reach.found('c')
  expect(changes.at(-1)).toMatchObject({ reachability: 'connected', missed: [] })
  expect(healed).toEqual([])
  reach.exchanged('c', 42)
  reach.exchanged('c', 1)
  expect(healed).toEqual([{ member: 'c', awayMs: 10_000, received: 42 }])
  await clock.advance(700)
  expect(reach.status().healed).toEqual({ ...healed[0], agoMs: 700 })
})

it('what came over before the line stood counts, by exchange and by gossip', async () => {
  const reach = reachOf(['a', 'b', 'c'])
  reach.found('b')
  reach.found('c')
  reach.lost('c')
  await clock.advance(10_000)
  expect(reach.status().healed).toBeNull()
  reach.received('c', 7)
  reach.exchanged('c', 42)
  reach.found('c')
  reach.received('c', 3)
  reach.exchanged('c', 1)
  expect(healed).toEqual([{ member: 'c', awayMs: 10_000, received: 53 }])
  reach.received('c', 1)
  reach.lost('c')
  await clock.advance(10_000)
  reach.found('c')
  reach.exchanged('c', 5)
  expect(healed.at(-1)).toMatchObject({ received: 5 })
})

it('one who is no member counts only those who are', async () => {
  const reach = reachOf(['b', 'c', 'd'], 'tab')
  reach.found('b')
  await clock.advance(3000)
  expect(reach.status()).toMatchObject({ reachability: 'isolated', reached: ['b'] })
})

it('nothing is told after a stop', async () => {
  reachOf(['a', 'b']).stop()
  await clock.advance(60_000)
  expect(changes).toEqual([])
})
