import type { DistributedKeyCounter } from '@tallymesh/core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Journal } from './journal.ts'
import type { MemberMessage } from './member-messages.ts'
import { Membership } from './membership.ts'
import type { Channel } from './network.ts'
import { FakeClock, settle } from './testing/fake-clock.ts'
import { FakeNetwork, type Answerer } from './testing/fake-network.ts'
import { HeldStore } from './testing/held-store.ts'
import { LineEnd } from './testing/line-end.ts'
import { counterOf, journalOn, TAKES_ALL } from './testing/world.ts'

let clock: FakeClock
let counter: DistributedKeyCounter
let network: FakeNetwork
let journal: Journal
let renewals: string[]

beforeEach(async () => {
  clock = new FakeClock()
  counter = counterOf('me')
  network = new FakeNetwork('me')
  renewals = []
  const store = new HeldStore()
  await store.open()
  journal = journalOn(counter, store, {
    random: Math.random,
    events: { renewed: ({ reason }) => void renewals.push(reason) },
  })
  await journal.increment([{ key: 'views', amount: 1, hash: undefined }])
})

const membershipOf = (members: readonly string[]): Membership => {
  const log = { info() {}, warn() {} }
  return new Membership({
    isCatchingUp: false,
    counter,
    journal,
    intake: TAKES_ALL,
    network,
    clock,
    random: Math.random,
    log,
    stopping: new AbortController().signal,
    members,
    changed() {},
    healed() {},
    found() {},
  })
}

const start = async (membership: Membership): Promise<void> =>
  network.start({
    gossip: () => 'ignore',
    connect: (peer) => membership.connect(peer),
    disconnect: (peer) => membership.disconnect(peer),
    channel: (channel) => membership.serve(channel),
  })

/** Says this at once, whatever it is asked. */
const saying =
  (...messages: (MemberMessage | Uint8Array)[]): Answerer =>
  (channel) =>
    new LineEnd(channel).say(...messages)

const KNOWN = { type: 'known', seq: 1, isHeld: false } as const

describe('without members, whoever is in reach is asked', () => {
  it('and the id is kept where nobody is there, or nobody knows more', async () => {
    const membership = membershipOf([])
    await start(membership)
    await membership.askAround()
    network.join('a', saying(KNOWN))
    network.join('b', saying({ ...KNOWN, isHeld: true }))
    await membership.askAround()
    expect([network.opened, renewals, clock.timers]).toEqual([['a', 'b'], [], 0])
  })

  it('and given up where one knows more', async () => {
    const membership = membershipOf([])
    await start(membership)
    network.join('a', saying(KNOWN))
    network.join('b', saying({ ...KNOWN, seq: 2 }))
    await membership.askAround()
    await settle()
    expect(renewals).toEqual(['b knows more of it than this store'])
  })

  it('for a second, and no longer', async () => {
    const membership = membershipOf([])
    await start(membership)
    network.join('silent', saying())
    network.join('gone', (channel) => channel.abort(new Error('gone')))
    network.join('hostile', saying(Uint8Array.of(77)))
    network.join('odd', saying({ type: 'hello', instance: 'i'.repeat(16), epoch: 'odd' }))
    let isDone = false
    void membership.askAround().then(() => (isDone = true))
    await clock.advance(999)
    expect(isDone).toBe(false)
    await clock.advance(1)
    expect([isDone, renewals, clock.timers]).toEqual([true, [], 0])
  })
})

describe('a line that a peer opens', () => {
  const ask = async (channel: Channel): Promise<LineEnd> => {
    const end = new LineEnd(channel)
    end.hello('peer')
    await settle()
    return end
  }

  it.each([
    ['by a member', ['me', 'other'], [{ ...KNOWN, seq: 0 }]],
    ['where there are no members', [], [{ ...KNOWN, seq: 0 }]],
    ['not by who is no member', ['other'], []],
  ])('is answered %s', async (_, members, words) => {
    await start(membershipOf(members))
    const { isOver, words: heard } = await ask(network.openedBy('peer', 'member'))
    expect([isOver, heard]).toEqual([words.length === 0, words])
  })

  it('is closed at the stop', async () => {
    const membership = membershipOf(['me', 'other'])
    await start(membership)
    membership.start()
    const end = await ask(network.openedBy('peer', 'member'))
    network.join('other', saying())
    await settle()
    await membership.stop()
    expect([end.isOver, clock.timers]).toEqual([true, 0])
  })
})
