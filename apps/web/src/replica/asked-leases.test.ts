import { afterEach, expect, test } from 'vitest'
import { AskedLeases, share } from './asked-leases.ts'

const opened: AskedLeases[] = []
let namespace = 0

/** Tabs of one pool: BroadcastChannel carries between them as it does in a browser. */
const tabs = (count: number): AskedLeases[] => {
  const name = `pool ${namespace++}`
  const made = Array.from({ length: count }, () => new AskedLeases(name))
  opened.push(...made)
  return made
}

afterEach(() => opened.splice(0).forEach((leases) => leases.close()))

test('each of those who wish at once gets another, the smaller claim first', () => {
  const numbers = [1, 2, 3]
  const wishes = [0.1, 0.2, 0.3].map((claim) => ({ claim, numbers }))
  expect(wishes.map((wish) => share(wish, [], wishes))).toEqual([1, 2, 3])
  expect(wishes.map((wish) => share(wish, [2], wishes))).toEqual([1, 3, undefined])
})

test('a wish for one number only takes none from others', () => {
  const own = { claim: 0.5, numbers: [1, 2] }
  expect(share(own, [], [{ claim: 0.1, numbers: [2] }])).toBe(1)
  expect(share(own, [], [{ claim: 0.1, numbers: [1] }])).toBe(2)
})

test('tabs that ask at the same moment hold different numbers', async () => {
  const leases = await Promise.all(tabs(4).map((tab) => tab.takeFirst([1, 2, 3])))
  const numbers = leases.map((lease) => lease?.number)
  expect(numbers.filter((number) => number !== undefined).toSorted()).toEqual([1, 2, 3])
})

test('what is held is not given, and is once it was released', async () => {
  const [first, second] = tabs(2) as [AskedLeases, AskedLeases]
  const lease = await first.takeFirst([1])
  expect(await second.takeFirst([1])).toBeUndefined()
  expect(await first.takeFirst([1])).toBeUndefined()
  lease!.release()
  expect((await second.takeAgain(1))?.number).toBe(1)
})

test('a holder that is too busy to answer at once keeps what it holds', async () => {
  const [tab] = tabs(1) as [AskedLeases]
  const busy = new BroadcastChannel(`tallymesh pool of pool ${namespace - 1}`)
  busy.addEventListener('message', () =>
    setTimeout(() => busy.postMessage({ kind: 'held', numbers: [1] }), 600),
  )
  expect((await tab.takeFirst([1, 2]))?.number).toBe(2)
  expect(await tab.takeFirst([1])).toBeUndefined()
  busy.close()
})

test('words of another program on the channel are not listened to', async () => {
  const [tab] = tabs(1) as [AskedLeases]
  const other = new BroadcastChannel(`tallymesh pool of pool ${namespace - 1}`)
  const asked = tab.takeFirst([1])
  for (const word of [
    null,
    'held',
    { kind: 'held', numbers: ['1'] },
    { kind: 'held' },
    { numbers: [1] },
  ])
    other.postMessage(word)
  expect((await asked)?.number).toBe(1)
  other.close()
})
