import type { DistributedKeyCounter } from '@tallymesh/core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Journal } from './journal.ts'
import { FakeClock, settle } from './testing/fake-clock.ts'
import { HeldStore } from './testing/held-store.ts'
import { counterOf, journalOn } from './testing/world.ts'
import { Verification } from './verification.ts'

let clock: FakeClock
let counter: DistributedKeyCounter
let store: HeldStore
let journal: Journal
let verification: Verification
let renewals: string[]
let warnings: string[]

beforeEach(async () => {
  clock = new FakeClock()
  counter = counterOf('me')
  store = new HeldStore()
  await store.open()
  renewals = []
  warnings = []
  journal = journalOn(counter, store, {
    random: Math.random,
    events: { renewed: ({ reason }) => void renewals.push(reason) },
  })
  // 2 proven, and 3 that are not.
  await journal.increment([{ key: 'views', amount: 2, hash: undefined }])
  counter.writeAs({ epoch: 'me', writer: 'me.000001' })
  await journal.increment([{ key: 'views', amount: 3, hash: undefined }])
  verification = new Verification({
    counter,
    journal,
    clock,
    log: { info() {}, warn: (message) => warnings.push(message) },
    members: ['a', 'b', 'c'],
  })
  verification.start()
})

const fine = { epoch: 'me', seq: 1, isHeld: false, isOld: false }
const tell = async (words: Readonly<Record<string, typeof fine>>): Promise<void> => {
  for (const [member, word] of Object.entries(words)) verification.told(member, word)
  await settle()
}

const PROVEN = { writer: 'me', epoch: 'me' }
const OPEN = { writer: 'me.000001', epoch: 'me' }
const RENEWED = { writer: 'me.000001', epoch: 'me.000001' }

describe('a provisional epoch', () => {
  it('is folded once every member has told that it knows no more', async () => {
    await tell({ a: fine, b: { ...fine, seq: 0 } })
    expect(counter.authorship).toEqual(OPEN)
    await tell({ a: fine, b: fine })
    expect(counter.authorship).toEqual(OPEN)
    await tell({ c: fine })
    expect(counter.authorship).toEqual(PROVEN)
    expect(counter.version).toEqual(new Map([['me', 2]]))
    expect(counter.getValue('views')).toBe(5n)
    await clock.advance(20_000)
    expect([renewals, clock.timers]).toEqual([[], 0])
  })

  it('is not folded on what a member told before another one’s line was opened', async () => {
    await tell({ a: fine, b: fine })
    // c comes back with less, and a has taken what c knew.
    expect(verification.opened()).toBe(true)
    await tell({ c: fine, a: { ...fine, isOld: true }, b: fine })
    expect(counter.authorship).toEqual(OPEN)
    await tell({ a: { ...fine, seq: 2 } })
    expect(renewals).toEqual([expect.stringMatching(/^a knows more/)])
  })

  it.each([
    ['knows more', { ...fine, seq: 2 }, /^b knows more/],
    ['has another living process under it', { ...fine, isHeld: true }, /^b has another living/],
  ])('is gone on under where one %s', async (_, word, reason) => {
    await tell({ a: fine, b: word, c: fine })
    expect(counter.authorship).toEqual(RENEWED)
    expect(renewals).toEqual([expect.stringMatching(reason)])
    expect(counter.getValue('views')).toBe(5n)
  })

  it('is gone on under when members are out of reach for too long, which are named', async () => {
    await tell({ b: fine })
    await clock.advance(9999)
    expect(counter.authorship).toEqual(OPEN)
    await clock.advance(1)
    expect(counter.authorship).toEqual(RENEWED)
    expect(renewals).toEqual(['members were out of reach: a, c'])
  })

  it('is not moved by a word on another epoch, or by who is no member', async () => {
    const other = { epoch: 'me.000009', seq: 99, isHeld: true, isOld: false }
    await tell({ a: other, b: other, c: other, stranger: fine, another: fine })
    expect([counter.authorship, renewals]).toEqual([OPEN, []])
  })

  it('is renewed once, however many members object', async () => {
    const more = { ...fine, seq: 9 }
    await tell({ a: more, b: more, c: { ...fine, isHeld: true } })
    await clock.advance(20_000)
    expect([counter.authorship, renewals.length]).toEqual([RENEWED, 1])
  })

  it('stays as it is once it is stopped', async () => {
    await tell({ a: fine, b: fine })
    verification.stop()
    await tell({ c: fine })
    await clock.advance(20_000)
    expect([counter.authorship, renewals, clock.timers]).toEqual([OPEN, [], 0])
  })
})

describe('a store that refuses the fold', () => {
  beforeEach(async () => {
    store.isFull = true
    await tell({ a: fine, b: fine, c: fine })
  })

  it('is tried again until it takes it', async () => {
    expect([counter.authorship, counter.getValue('views')]).toEqual([OPEN, 5n])
    await clock.advance(30_000)
    expect([counter.authorship, renewals]).toEqual([OPEN, []])
    expect(warnings.length).toBe(31)
    store.isFull = false
    await clock.advance(1000)
    expect(counter.authorship).toEqual(PROVEN)
    expect([counter.version, clock.timers]).toEqual([new Map([['me', 2]]), 0])
  })

  it('is tried by one timer, though members tell again', async () => {
    await tell({ a: fine, b: fine })
    await tell({ c: fine })
    expect(clock.timers).toBe(1)
  })

  it('is not folded once a member objects, but tried until it takes the new epoch', async () => {
    await tell({ b: { ...fine, seq: 7 } })
    await tell({ a: fine, c: fine })
    await clock.advance(5000)
    expect([counter.authorship, renewals, clock.timers]).toEqual([OPEN, [], 1])
    store.isFull = false
    await clock.advance(1000)
    expect([counter.authorship, renewals.length, clock.timers]).toEqual([RENEWED, 1, 0])
  })

  it('is tried no more once it is stopped', async () => {
    verification.stop()
    const { commits } = store
    await clock.advance(5000)
    expect([store.commits, clock.timers]).toEqual([commits, 0])
  })
})

describe('a proven id', () => {
  beforeEach(() => tell({ a: fine, b: fine, c: fine }))

  it('is given up when a member turns out to know more, or to have another process', async () => {
    await tell({ a: { ...fine, seq: 2 } })
    expect(counter.authorship).toEqual(PROVEN)
    await tell({ a: { ...fine, seq: 3 } })
    expect(counter.authorship.epoch).not.toBe('me')
    const { epoch } = counter.authorship
    await tell({ b: { epoch, seq: 0, isHeld: true, isOld: false } })
    expect(counter.authorship.epoch).not.toBe(epoch)
    expect(renewals.length).toBe(2)
  })

  it('needs no members’ word to be kept', async () => {
    await clock.advance(60_000)
    expect(counter.authorship).toEqual(PROVEN)
  })
})
