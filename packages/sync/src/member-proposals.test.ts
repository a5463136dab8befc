// Proposals and answers on a line: what is written is read again, and anything else is ERR_MALFORMED.
import { TallymeshError, type Unit } from '@tallymesh/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeMemberMessage, encodeMemberMessage, type MemberMessage } from './member-messages.ts'
import { MODES, unitOf, type NamedSlot } from './proposal.ts'
import { SharedNames } from './shared-names.ts'
import { counterOf } from './testing/world.ts'

/** A slot as it comes about, with some of its requests. */
const slot: fc.Arbitrary<NamedSlot> = fc
  .record({
    replica: fc.constantFrom('a', 'b', 'c.k7f2q9', 'd'.repeat(128)),
    amounts: fc.array(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), {
      minLength: 1,
      maxLength: 6,
    }),
    withIds: fc.boolean(),
    since: fc.nat(6),
    isNamedOnly: fc.boolean(),
  })
  .map(({ replica, amounts, withIds, since, isNamedOnly }) => {
    const counter = counterOf(replica)
    amounts.forEach((amount, i) =>
      counter.increment('k', amount, withIds ? { requestId: `q${i}` } : {}),
    )
    const { seq } = counter.slot(replica, 'k')!
    const unit = unitOf(counter, replica, 'k', since % seq)
    return isNamedOnly ? { replica, seq } : { replica, seq, unit }
  })

const slots = fc.uniqueArray(slot, { selector: ({ replica }) => replica, maxLength: 4 })

const ask: fc.Arbitrary<MemberMessage> = fc.record({
  type: fc.constant('ask' as const),
  id: fc.nat(),
  list: fc.record({ low: fc.nat(), high: fc.nat() }),
  proposals: fc.array(
    fc.record({
      mode: fc.constantFrom(...MODES),
      key: fc.constantFrom('k', 'é'.repeat(256)),
      slots,
    }),
    { minLength: 1, maxLength: 5 },
  ),
})

const answer: fc.Arbitrary<MemberMessage> = fc.record({
  type: fc.constant('answer' as const),
  id: fc.nat(),
  answers: fc.array(
    fc.record({
      isAccepted: fc.boolean(),
      lacks: fc.array(fc.record({ place: fc.nat(300), held: fc.nat() }), { maxLength: 4 }),
      more: slots,
      counter: fc.option(
        fc.record({ value: fc.bigInt({ min: -(2n ** 1023n), max: 2n ** 1023n }), ops: fc.nat() }),
        { nil: undefined },
      ),
    }),
    { minLength: 1, maxLength: 5 },
  ),
})

const abstain: fc.Arbitrary<MemberMessage> = fc.record({
  type: fc.constant('abstain' as const),
  id: fc.nat(),
})

const message = fc.oneof(ask, answer, abstain)

/** Without what is left out: a unit that is undefined is no unit. */
const plain = (said: MemberMessage): unknown =>
  JSON.parse(
    JSON.stringify(said, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
  )

/** What a reader makes of it, where it makes anything. */
const tryToRead = (bytes: Uint8Array): MemberMessage | undefined => {
  try {
    return decodeMemberMessage(bytes, new SharedNames())
  } catch (error) {
    expect(error).toBeInstanceOf(TallymeshError)
    expect((error as TallymeshError).code).toBe('ERR_MALFORMED')
    return undefined
  }
}

describe('proposals and answers', () => {
  test('are read as they were written, one after the other on one line', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), (said) => {
        const [ours, theirs] = [new SharedNames(), new SharedNames()]
        for (const one of said) {
          const heard = decodeMemberMessage(encodeMemberMessage(one, ours), theirs)
          expect(plain(heard)).toEqual(plain(one))
        }
      }),
    )
  })

  test('that were cut, changed or made up are ERR_MALFORMED, or messages all the same', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (said, at, flip) => {
        const bytes = encodeMemberMessage(said, new SharedNames())
        tryToRead(bytes.subarray(0, at % bytes.length))
        bytes[at % bytes.length]! ^= flip
        tryToRead(bytes)
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.constantFrom(5, 6, 7), fc.uint8Array({ maxLength: 80 }), (type, rest) => {
        tryToRead(Uint8Array.of(type, ...rest))
      }),
      { numRuns: 1000 },
    )
  })

  test('name a replica in full once on a line', () => {
    const names = new SharedNames()
    const replica = 'r'.repeat(52)
    const asking: MemberMessage = {
      type: 'ask',
      id: 1,
      list: { low: 1, high: 2 },
      proposals: [{ mode: 'agree', key: 'views', slots: [{ replica, seq: 7 }] }],
    }
    expect(encodeMemberMessage(asking, names).length).toBe(74)
    expect(encodeMemberMessage(asking, names).length).toBe(21)
  })

  test('a unit comes with the requests that the receiver lacks, and no others', () => {
    const counter = counterOf('r')
    for (let i = 0; i < 5; i++) counter.increment('k', 1, { requestId: `q${i}` })
    const seqs = ({ requests }: Unit): number[] => requests.map(({ seq }) => seq)
    expect(seqs(unitOf(counter, 'r', 'k', 0)!)).toEqual([1, 2, 3, 4, 5])
    expect(seqs(unitOf(counter, 'r', 'k', 3)!)).toEqual([4, 5])
  })
})
