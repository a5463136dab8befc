import { beforeEach, describe, expect, it } from 'vitest'
import { hashOfMembers } from './member-list.ts'
import { MemberLines, type Word } from './member-lines.ts'
import type { Channel } from './network.ts'
import { FakeClock, settle } from './testing/fake-clock.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { LineEnd } from './testing/line-end.ts'

let clock: FakeClock
let network: FakeNetwork
let lines: MemberLines
let epoch: string
/** Ends of the lines that were opened to members, in order. */
let ends: LineEnd[]
let words: (readonly [string, Word])[]
/** Lines that came to stand, and that fell. */
let standing: string[]
/** The id is not proven yet. */
let isOpen: boolean

beforeEach(async () => {
  clock = new FakeClock()
  network = new FakeNetwork('me')
  epoch = 'me'
  ends = []
  words = []
  standing = []
  isOpen = false
  lines = new MemberLines({
    network,
    clock,
    random: () => 0.5,
    members: ['a', 'b'],
    list: hashOfMembers(['a', 'b']),
    epoch: () => epoch,
    told: (member, word) => words.push([member, word]),
    opened: (member) => {
      standing.push(`+${member}`)
      return isOpen
    },
    answered: () => {},
    broke: (member) => standing.push(`-${member}`),
  })
  await network.start({
    gossip: () => 'ignore',
    connect: (peer) => lines.connect(peer),
    disconnect: (peer) => lines.disconnect(peer),
    channel: () => {},
  })
})

/** A member that answers hellos only when a test says so. */
const listen = (channel: Channel): void => void ends.push(new LineEnd(channel))

const hello = (epoch: string) => ({ type: 'hello', instance: lines.instance, epoch })
const openEnds = (): LineEnd[] => ends.filter(({ isOver }) => !isOver)

describe('a line to a member', () => {
  it('is opened when it comes in reach, and tells who this is', async () => {
    network.join('a', listen)
    network.join('a', listen)
    network.join('stranger', listen)
    await settle()
    expect(network.opened).toEqual(['a'])
    expect(ends[0]!.heard).toEqual([hello('me')])
    expect([standing, lines.open()]).toEqual([[], []])
    ends[0]!.say({ type: 'known', seq: 7, isHeld: false })
    await settle()
    expect(words).toEqual([['a', { epoch: 'me', seq: 7, isHeld: false, isOld: false }]])
    expect([standing, lines.open()]).toEqual([['+a'], ['a']])
  })

  it('has all asked anew while the id is not proven, once each at a time', async () => {
    isOpen = true
    network.join('a', listen)
    network.join('b', listen)
    await settle()
    const [a, b] = ends as [LineEnd, LineEnd]
    const known = { type: 'known', seq: 1, isHeld: false } as const
    const told = (): string =>
      words
        .splice(0)
        .map(([of, { isOld }]) => `${of}${isOld}`)
        .join()
    a.say(known)
    await settle()
    // b owes an answer, and is asked again when it has given it.
    expect([told(), a.heard.length, b.heard.length]).toEqual(['atrue', 2, 1])
    b.say(known)
    await settle()
    expect([told(), a.heard.length, b.heard.length]).toEqual(['btrue', 2, 2])
    a.say(known)
    await settle()
    expect([told(), a.heard.length]).toEqual(['atrue', 3])
    a.say(known)
    b.say(known)
    await settle()
    expect([told(), a.heard.length, b.heard.length]).toEqual(['afalse,bfalse', 3, 2])
  })

  it('is opened anew when it breaks, later and later where no answer comes', async () => {
    network.join('a', (channel) => channel.abort(new Error('no member')))
    const tries = async (ms: number): Promise<number> => {
      const before = network.opened.length
      await clock.advance(ms)
      return network.opened.length - before
    }
    expect(await tries(10_000)).toBeLessThan(9)
    expect(await tries(30_000)).toBeLessThan(15)
    expect(await tries(30_000)).toBeGreaterThan(9)
    expect(clock.timers).toBe(1)
  })

  it('is opened anew soon after one that was answered', async () => {
    network.join('a', listen)
    for (let i = 0; i < 5; i++) {
      await settle()
      ends[i]!.say({ type: 'known', seq: i, isHeld: false })
      await settle()
      ends[i]!.break()
      await clock.advance(200)
    }
    expect(network.opened.length).toBe(6)
    expect(words.map(([, { seq }]) => seq)).toEqual([0, 1, 2, 3, 4])
    expect(standing.join('')).toBe('+a-a'.repeat(5))
  })

  it('is tried again where it can not be opened', async () => {
    let isThere = false
    network.join('a', (channel) => {
      if (!isThere) throw new Error('it does not speak this')
      listen(channel)
    })
    await clock.advance(5000)
    isThere = true
    await clock.advance(3000)
    expect(openEnds().length).toBe(1)
  })

  it('says hello again when the epoch changes, and takes each answer for its question', async () => {
    network.join('a', listen)
    await settle()
    epoch = 'me.second'
    lines.epochChanged()
    await settle()
    expect(ends[0]!.heard).toEqual([hello('me'), hello('me.second')])
    const word = { type: 'known', seq: 3, isHeld: true } as const
    ends[0]!.say(word, { ...word, seq: 0 })
    await settle()
    expect(words.map(([, { epoch, seq }]) => [epoch, seq])).toEqual([
      ['me', 3],
      ['me.second', 0],
    ])
  })

  it('is opened at once, and once, for a member that left and came again', async () => {
    network.join('a', listen)
    await settle()
    lines.disconnect('a')
    lines.connect('a')
    lines.disconnect('a')
    lines.connect('a')
    await settle()
    const opened = network.opened.length
    await clock.advance(20_000)
    expect([openEnds().length, network.opened.length]).toEqual([1, opened])
    epoch = 'me.second'
    lines.epochChanged()
    await settle()
    expect(openEnds()[0]!.words).toEqual([hello('me'), hello('me.second')])
  })

  it('is closed when the member is out of reach, and not opened again', async () => {
    network.join('a', listen)
    await settle()
    lines.disconnect('a')
    await clock.advance(20_000)
    expect([ends.length, openEnds().length, clock.timers]).toEqual([1, 0, 0])
  })

  it('that says what it was not asked is closed', async () => {
    network.join('a', listen)
    await settle()
    const word = { type: 'known', seq: 1, isHeld: false } as const
    ends[0]!.say(word, word)
    network.join('b', listen)
    await settle()
    ends[1]!.hello('me')
    await settle()
    expect(ends.map(({ isOver }) => isOver)).toEqual([true, true])
    expect(words.length).toBe(1)
  })
})

describe('stop', () => {
  it('closes all lines and opens none', async () => {
    network.join('a', listen)
    network.join('b', (channel) => channel.abort(new Error('no member')))
    await settle()
    await lines.stop()
    lines.connect('a')
    await clock.advance(20_000)
    expect([ends.length, openEnds().length, clock.timers]).toEqual([1, 0, 0])
  })

  it('does not wait for a line that is just being opened', async () => {
    const opening = Promise.withResolvers<Channel>()
    network.open = (_peer, _protocol, signal) => {
      signal?.addEventListener('abort', () => opening.reject(signal.reason as Error))
      return opening.promise
    }
    network.join('a')
    await settle()
    await lines.stop()
    expect(clock.timers).toBe(0)
  })
})
