import { expect, it } from 'vitest'
import { Rota } from './rota.ts'
import { seededRandom } from './testing/replica-pair.ts'

const PEERS = ['a', 'b', 'c', 'd', 'e']

it('gives each peer a turn before any a second, in an order of chance', () => {
  const below = seededRandom(1)
  const random = (): number => below(2 ** 31) / 2 ** 31
  const orders = new Set<string>()
  for (let round = 0; round < 200; round++) {
    const rota = new Rota(random)
    const turns = PEERS.map(() => rota.next(PEERS))
    expect(turns.toSorted()).toEqual(PEERS)
    orders.add(turns.join(''))
    expect(PEERS.map(() => rota.next(PEERS))).toEqual(turns)
  }
  expect(orders.size).toBeGreaterThan(20)
})

it('goes by all turns, whoever is asked for', () => {
  const rota = new Rota(() => 0)
  expect(rota.next(['a', 'b'])).toBe('a')
  expect(rota.next(['a', 'b', 'c'])).toBe('b')
  expect(rota.next(['a', 'b'])).toBe('a')
  expect(rota.next(PEERS)).toBe('c')
})

it('has nobody to name where nobody is', () => {
  expect(new Rota(() => 0).next([])).toBeUndefined()
})

it('takes one who left for new', () => {
  const rota = new Rota(() => 0)
  for (const _ of PEERS) rota.next(PEERS)
  rota.forget('d')
  expect(rota.next(PEERS)).toBe('d')
})
