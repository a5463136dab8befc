// Provisional epochs: they count here, nobody outside sees them, and what became of them counts once.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import { LIMITS } from './limits.ts'
import { hashRequestId } from './request.ts'
import { Stored } from './testing/stored.ts'
import { valuesOf } from './testing/view.ts'
import { copyOf } from './testing/world.ts'

const EPOCH = 'peer'
const PROVISIONAL = 'peer.k7f2q9'

interface Ask {
  readonly key: string
  readonly amount: number | bigint
  readonly requestId: string | undefined
}

const ask: fc.Arbitrary<Ask> = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  amount: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2n ** 70n)),
  requestId: fc.option(fc.uuid(), { nil: undefined }),
})

/** Each inner array is one commit. */
const commits = fc.array(fc.array(ask, { minLength: 1, maxLength: 4 }), { maxLength: 5 })

const provisional = (asks: readonly Ask[]): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica: EPOCH })
  for (const { key, amount, requestId } of asks) counter.increment(key, amount, { requestId })
  counter.writeAs({ epoch: EPOCH, writer: PROVISIONAL })
  return counter
}

/** As a service does it: one record a commit and key beside what came without a request id. */
const commit = (counter: DistributedKeyCounter, asks: readonly Ask[], name: string): Stored => {
  const draft = counter.draft()
  const covered = new Map<string, { amount: bigint; ops: number; seq: number }>()
  for (const { key, amount, requestId } of asks) {
    const hash = requestId === undefined ? undefined : hashRequestId(requestId)
    const { seq } = draft.increment(key, amount, hash)
    if (requestId !== undefined) continue
    const before = covered.get(key) ?? { amount: 0n, ops: 0 }
    covered.set(key, { amount: before.amount + BigInt(amount), ops: before.ops + 1, seq })
  }
  for (const [key, { amount, ops, seq }] of covered)
    draft.cover(key, { hash: hashRequestId(`${name} ${key}`), amount: small(amount), ops, seq })
  const stored = new Stored()
  stored.commit(draft.changes())
  draft.apply()
  return stored
}

const small = (amount: bigint): number | bigint =>
  Number.isSafeInteger(Number(amount)) ? Number(amount) : amount

const fold = (counter: DistributedKeyCounter): void => {
  const draft = counter.draft({ epoch: EPOCH, writer: EPOCH })
  draft.fold(counter.deltaSince(PROVISIONAL, 0), EPOCH)
  draft.apply()
  counter.writeAs({ epoch: EPOCH, writer: EPOCH })
}

const reveal = (counter: DistributedKeyCounter): void => {
  counter.writeAs({ epoch: PROVISIONAL, writer: PROVISIONAL })
  counter.reveal(PROVISIONAL)
}

it('what is provisional counts here, and nobody else sees it', () => {
  fc.assert(
    fc.property(fc.array(ask), commits, (asks, later) => {
      const counter = provisional(asks)
      const before = { digest: counter.digest(), state: counter.encode(), version: counter.version }
      const all = new DistributedKeyCounter({ replica: 'x' })
      for (const { key, amount } of [...asks, ...later.flat()]) all.increment(key, amount)
      later.forEach((one, i) => commit(counter, one, `${i}`))
      expect(valuesOf(counter)).toEqual(valuesOf(all))
      expect(counter.digest()).toEqual(before.digest)
      expect(counter.encode()).toEqual(before.state)
      expect(counter.version).toEqual(before.version)
      expect(counter.replicas()).not.toContain(PROVISIONAL)
    }),
  )
})

it.each([
  ['folded', fold],
  ['revealed', reveal],
] as const)('what was provisional, %s, is as if it had never been', (_, resolve) => {
  fc.assert(
    fc.property(fc.array(ask), commits, (asks, later) => {
      const counter = provisional(asks)
      later.forEach((one, i) => commit(counter, one, `${i}`))
      const values = valuesOf(counter)
      resolve(counter)
      expect(valuesOf(counter)).toEqual(values)
      const other = copyOf(counter)
      expect(valuesOf(other)).toEqual(values)
      expect(other.digest()).toEqual(counter.digest())
      const { seq } = counter
      expect(counter.increment('a', 1).seq).toBe(seq + 1)
      other.applyEncoded(counter.encode({ since: other.version }))
      expect(other.digest()).toEqual(counter.digest())
    }),
  )
})

it('a copy of any of its commits, revealed elsewhere, does not count twice', () => {
  fc.assert(
    fc.property(fc.array(ask), commits, fc.nat(5), (asks, later, at) => {
      const one = provisional(asks)
      const two = provisional(asks)
      later.forEach((batch, i) => commit(one, batch, `${i}`))
      later.slice(0, at).forEach((batch, i) => commit(two, batch, `${i}`))
      const values = valuesOf(one)
      fold(one)
      reveal(two)
      for (const [first, second] of [
        [one, two],
        [two, one],
      ] as const) {
        const reader = copyOf(first)
        reader.merge(second)
        expect(valuesOf(reader)).toEqual(values)
      }
    }),
  )
})

it('a store that took the fold has nothing left of the provisional epoch', () => {
  const counter = provisional([{ key: 'a', amount: 1, requestId: undefined }])
  const stored = commit(counter, [{ key: 'a', amount: 2, requestId: 'r' }], '0')
  const draft = counter.draft({ epoch: EPOCH, writer: EPOCH })
  draft.fold(counter.deltaSince(PROVISIONAL, 0), EPOCH)
  stored.commit(draft.changes())
  const again = stored.restore(EPOCH)
  expect(again.replicas()).toEqual([EPOCH])
  expect(again.getValue('a')).toBe(3n)
  expect(again.increment('a', 2, { requestId: 'r' }).duplicate).toBe(true)
})

it('slots of a hidden epoch that come from elsewhere are told', () => {
  const counter = provisional([])
  commit(counter, [{ key: 'a', amount: 1, requestId: undefined }], '0')
  const elsewhere = new DistributedKeyCounter({ replica: PROVISIONAL })
  elsewhere.increment('a', 1)
  elsewhere.increment('a', 1)
  const joined = counter.join(elsewhere.state())
  expect(joined.revealed).toEqual(new Set([PROVISIONAL]))
  expect(joined.overtaken).toBe(false)
})

it('a folded epoch that a copy shows comes in like anyone’s', () => {
  const asks = [
    { key: 'a', amount: 1, requestId: undefined },
    { key: 'b', amount: 2, requestId: undefined },
  ]
  const counter = provisional([])
  const copy = provisional([])
  commit(copy, asks.slice(0, 1), '0')
  commit(counter, asks.slice(0, 1), '0')
  commit(counter, asks.slice(1), '1')
  fold(counter)
  reveal(copy)
  const joined = counter.join(copy.state())
  expect([joined.revealed.size, joined.overtaken]).toEqual([0, false])
  copy.merge(counter)
  expect(counter.digest()).toEqual(copy.digest())
  expect(counter.slots('b').map(({ replica }) => replica)).toEqual([EPOCH])
  expect(valuesOf(counter)).toEqual(valuesOf(copy))
  expect([counter.getValue('a'), counter.getValue('b')]).toEqual([1n, 2n])
})

it('a total past the limit is not folded, and nothing has changed', () => {
  const most = 2n ** BigInt(LIMITS.totalBits) - 1n
  const counter = provisional([{ key: 'a', amount: most, requestId: undefined }])
  commit(counter, [{ key: 'a', amount: 1, requestId: undefined }], '0')
  const before = counter.digest()
  expect(() => fold(counter)).toThrow(expect.objectContaining({ code: 'ERR_TOTAL_LIMIT' }))
  expect(counter.digest()).toEqual(before)
  expect(counter.getValue('a')).toBe(most + 1n)
})
