import type { DistributedKeyCounter } from '@tallymesh/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { Holders, type HoldersOptions } from './holders.ts'
import type { Journal } from './journal.ts'
import { Line } from './line.ts'
import { channelPair } from './testing/channel-pair.ts'
import { FakeClock, settle } from './testing/fake-clock.ts'
import { HeldStore } from './testing/held-store.ts'
import { LineEnd } from './testing/line-end.ts'
import { counterOf, journalOn, rootOf } from './testing/world.ts'

const ONE = '1'.repeat(16)
const TWO = '2'.repeat(16)

let clock: FakeClock
let counter: DistributedKeyCounter
let store: HeldStore
let journal: Journal
let holders: Holders
/** Lines that were served to their end. */
let over: number

beforeEach(async () => {
  clock = new FakeClock()
  counter = counterOf('member')
  store = new HeldStore()
  await store.open()
  journal = journalOn(counter, store)
  holders = new Holders({
    counter,
    journal,
    clock,
    log: { info() {}, warn() {} },
    list: { low: 0, high: 0 },
    members: ['a', 'b'],
    asked: () => Promise.reject(new Error('not now')),
  })
  over = 0
})

const call = (peer: string): LineEnd => {
  const { left, right } = channelPair(peer, 'member')
  void holders.serve(right).then(() => over++)
  return new LineEnd(left)
}

const known = (seq: number, isHeld = false) => ({ type: 'known', seq, isHeld })

const wroteBy = (replica: string, ops: number): DistributedKeyCounter => {
  const other = counterOf(replica)
  for (let i = 0; i < ops; i++) other.increment('x')
  return other
}

describe('what a member knows of an id', () => {
  it('is the highest operation number it has heard of, what waits behind a gap included', async () => {
    const peer = call('peer')
    peer.hello('peer')
    await settle()
    await journal.join(wroteBy('peer', 4).state(), 'other')
    peer.hello('peer')
    peer.hello('peer.epoch1')
    await settle()
    await journal.join([wroteBy('peer', 9).deltaSince('peer', 8)], 'other')
    peer.hello('peer')
    await settle()
    expect(counter.version.get('peer')).toBe(4)
    expect(peer.words).toEqual([known(0), known(4), known(0), known(9)])
  })

  it('includes what it has heard and not stored yet', async () => {
    store.isHeld = true
    const joined = journal.join(wroteBy('peer', 4).state(), 'other')
    const peer = call('peer')
    peer.hello('peer')
    await settle()
    expect(peer.words).toEqual([])
    store.letThrough()
    await joined
    await settle()
    expect(peer.words).toEqual([known(4)])
  })

  it('is told though its store refuses to write', async () => {
    store.isFull = true
    const refused = journal.join(wroteBy('peer', 4).state(), 'other').catch(() => 'refused')
    const peer = call('peer')
    peer.hello('peer')
    expect(await refused).toBe('refused')
    await settle()
    expect(peer.words).toEqual([known(0)])
  })
})

describe('an id', () => {
  it('has one holder: a second process is told so', async () => {
    const first = call('peer')
    first.hello('peer', ONE)
    await settle()
    const second = call('peer')
    second.hello('peer', TWO)
    await settle()
    second.hello('peer', TWO)
    await settle()
    expect(first.words).toEqual([known(0)])
    expect(second.words).toEqual([known(0, true), known(0, true)])
    expect([first.isOver, second.isOver]).toEqual([false, false])
  })

  it('is free for others of its epochs, and for the same process on another line', async () => {
    call('peer').hello('peer', ONE)
    await settle()
    const [again, other] = [call('peer'), call('peer')]
    again.hello('peer', ONE)
    other.hello('peer.epoch1', TWO)
    await settle()
    expect([...again.words, ...other.words]).toEqual([known(0), known(0)])
  })

  it('is free once its holder has gone, or goes on under another', async () => {
    const first = call('peer')
    first.hello('peer', ONE)
    await settle()
    first.break()
    const second = call('peer')
    second.hello('peer', TWO)
    await settle()
    second.hello('peer.epoch1', TWO)
    const third = call('peer')
    await settle()
    third.hello('peer', ONE)
    await settle()
    expect(second.words).toEqual([known(0), known(0)])
    expect(third.words).toEqual([known(0)])
  })

  it('has one holder where two ask at once', async () => {
    const [one, two] = [call('peer'), call('peer')]
    one.hello('peer', ONE)
    two.hello('peer', TWO)
    await settle()
    expect([...one.words, ...two.words]).toEqual([known(0), known(0, true)])
  })

  it('is not kept by a holder that shows no sign of life', async () => {
    const dead = call('peer')
    dead.hello('peer', ONE)
    await settle()
    dead.pongs = false
    const second = call('peer')
    second.hello('peer', TWO)
    await clock.advance(1999)
    expect(second.words).toEqual([])
    await clock.advance(1)
    expect(second.words).toEqual([known(0)])
    expect(dead.isOver).toBe(true)
  })

  it('passes from a dead holder to one of two', async () => {
    const dead = call('peer')
    dead.hello('peer', '0'.repeat(16))
    await settle()
    dead.pongs = false
    const [one, two] = [call('peer'), call('peer')]
    one.hello('peer', ONE)
    two.hello('peer', TWO)
    await clock.advance(2000)
    const held = [...one.words, ...two.words].map((word) => word.type === 'known' && word.isHeld)
    expect(held.toSorted()).toEqual([false, true])
  })

  it('is not taken by who has left before the answer', async () => {
    const dead = call('peer')
    dead.hello('peer', ONE)
    await settle()
    dead.pongs = false
    const second = call('peer')
    second.hello('peer', TWO)
    await settle()
    second.break()
    await clock.advance(2000)
    const third = call('peer')
    third.hello('peer', '3'.repeat(16))
    await settle()
    expect(third.words).toEqual([known(0)])
  })
})

describe('a hostile peer', () => {
  it.each([
    ['the id of another', { type: 'hello', instance: ONE, epoch: 'someone' }],
    ['an epoch of another', { type: 'hello', instance: ONE, epoch: 'someone.peer' }],
    ['a word that nobody asked for', { type: 'known', seq: 9, isHeld: true }],
    ['garbage', Uint8Array.of(255, 1, 2)],
    ['an answer to no ping', { type: 'pong' }],
  ] as const)('loses its line for %s', async (_, message) => {
    const before = rootOf(counter)
    const [hostile, honest] = [call('peer'), call('someone')]
    hostile.say(message)
    honest.hello('someone')
    await settle()
    expect([hostile.isOver, hostile.words, over]).toEqual([true, [], 1])
    expect(honest.words).toEqual([known(0)])
    expect([rootOf(counter), store.commits]).toEqual([before, 0])
  })

  it('loses its line for a flood of hellos, and leaves nothing behind', async () => {
    store.isHeld = true
    const joined = journal.join(wroteBy('other', 1).state(), 'other')
    const hostile = call('peer')
    for (let i = 0; i < 10_000; i++) hostile.hello(`peer.${i}`)
    await settle()
    expect([hostile.isOver, over]).toEqual([true, 1])
    store.isHeld = false
    store.letThrough()
    await joined
    await settle()
    expect([hostile.words, store.commits, clock.timers]).toEqual([[], 1, 0])
  })

  it('loses its line for endless pings', async () => {
    const hostile = call('peer')
    for (let i = 0; i < 10_000; i++) hostile.say({ type: 'ping' })
    await settle()
    expect([hostile.isOver, over, clock.timers]).toEqual([true, 1, 0])
  })

  it('gets no more lines than there is room for', async () => {
    const lines = Array.from({ length: 4096 }, (_, i) => call(`peer-${i}`))
    await settle()
    const last = call('last')
    await settle()
    expect([last.isOver, over]).toEqual([true, 1])
    lines[0]!.break()
    await settle()
    const later = call('later')
    later.hello('later')
    await settle()
    expect(later.words).toEqual([known(0)])
  })
})

it('ends all lines when it is stopped', async () => {
  const lines = [call('a'), call('b')]
  lines[0]!.hello('a')
  await settle()
  holders.stop()
  await settle()
  expect([lines.map(({ isOver }) => isOver), over, clock.timers]).toEqual([[true, true], 2, 0])
})

describe('a vote', () => {
  const LIST = { low: 7, high: 8 }

  const voteOf = async (list: typeof LIST, peer = 'peer'): Promise<unknown> => {
    const accepted = { isAccepted: true, lacks: [], more: [] }
    const asked: HoldersOptions['asked'] = async (_peer, _proposals, tell) => tell(0, [accepted])
    const log = { info() {}, warn() {} }
    const members = ['peer']
    const member = new Holders({ counter, journal, clock, log, list: LIST, members, asked })
    const { left, right } = channelPair(peer, 'member')
    void member.serve(right)
    const line = new Line({ channel: left, clock, pings: true, list, heard() {} })
    void line.run()
    return line.ask({ mode: 'agree', key: 'k', slots: [] })
  }

  it('is given to who goes by the same members', async () => {
    expect(await voteOf(LIST)).toMatchObject({ isAccepted: true })
  })

  it('is not given to who is no member, and asking for one costs it the line', async () => {
    await expect(voteOf(LIST, 'stranger')).rejects.toThrow('broke the stream')
  })

  it('is not given to who goes by others', async () => {
    await expect(voteOf({ low: 7, high: 9 })).rejects.toMatchObject({ code: 'ERR_NOT_READY' })
  })
})
