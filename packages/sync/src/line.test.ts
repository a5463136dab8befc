import { TallymeshError } from '@tallymesh/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { Line, type Said } from './line.ts'
import type { Channel } from './network.ts'
import { channelPair } from './testing/channel-pair.ts'
import { FakeClock, settle } from './testing/fake-clock.ts'
import { LineEnd } from './testing/line-end.ts'

let clock: FakeClock
let heard: Said[]
/** What the line ended with. */
let ended: Error | undefined

beforeEach(() => {
  clock = new FakeClock()
  heard = []
  ended = undefined
})

const run = (channel: Channel, pings = false): Line => {
  const line = new Line({ channel, clock, pings, heard: (message) => heard.push(message) })
  void line.run().then((error) => (ended = error))
  return line
}

const pair = (pings = false): { line: Line; other: LineEnd } => {
  const { left, right } = channelPair('me', 'other')
  return { line: run(left, pings), other: new LineEnd(right) }
}

const KNOWN = { type: 'known', seq: 3, isHeld: false } as const

describe('a line', () => {
  it('carries messages both ways, in order', async () => {
    const { line, other } = pair()
    line.say({ type: 'hello', instance: 'i'.repeat(16), epoch: 'me' })
    line.say(KNOWN)
    other.say(KNOWN, { ...KNOWN, seq: 4 })
    await settle()
    expect(other.heard.map(({ type }) => type)).toEqual(['hello', 'known'])
    expect(heard).toEqual([KNOWN, { ...KNOWN, seq: 4 }])
    expect([line.peer, line.isOpen, ended]).toEqual(['other', true, undefined])
  })

  it('takes answers to parts of what it asked, in any order, each once', async () => {
    const { line, other } = pair()
    const ended: string[] = []
    const ask = (key: string): void => {
      const noted = (how: string) => () => ended.push(`${key} ${how}`)
      void line.ask({ mode: 'hold', key, slots: [] }).then(noted('is answered'), noted('is not'))
    }
    for (const key of ['a', 'b', 'c', 'd']) ask(key)
    await settle()
    ask('e')
    await settle()
    expect(other.heard).toMatchObject([
      { id: 1, proposals: [{ key: 'a' }, { key: 'b' }, { key: 'c' }, { key: 'd' }] },
      { id: 5, proposals: [{ key: 'e' }] },
    ])
    const accepted = { isAccepted: true, lacks: [], more: [] }
    other.say({ type: 'answer', id: 2, answers: [accepted, accepted] })
    other.say({ type: 'answer', id: 5, answers: [accepted] })
    other.say({ type: 'abstain', id: 1 })
    await settle()
    const after = ['b is answered', 'c is answered', 'd is not', 'e is answered']
    expect([ended.toSorted(), line.isOpen]).toEqual([['a is not', ...after], true])
    other.say({ type: 'answer', id: 2, answers: [accepted] })
    await settle()
    expect(line.isOpen).toBe(false)
  })

  it('has two messages with votes on their way, and gathers the rest till one is answered or 5 ms are over', async () => {
    const { line, other } = pair()
    const ask = async (mode: 'agree' | 'read-quorum', key: string): Promise<void> => {
      line.ask({ mode, key, slots: [] }).catch(() => undefined)
      await settle()
    }
    const asked = (): string[] =>
      other.heard
        .splice(0)
        .map((said) => (said.type === 'ask' ? said.proposals.map(({ key }) => key).join('') : ''))
    for (const key of ['a', 'b', 'c', 'd']) await ask('agree', key)
    expect(asked()).toEqual(['a', 'b'])
    // What is done for those who have no vote takes its time, and waits for none.
    await ask('read-quorum', 'x')
    expect(asked()).toEqual(['x'])
    other.say({ type: 'answer', id: 2, answers: [{ isAccepted: true, lacks: [], more: [] }] })
    await settle()
    expect(asked()).toEqual(['cd'])
    for (const key of ['e', 'f']) await ask('agree', key)
    expect(asked()).toEqual([])
    await clock.advance(5)
    expect(asked()).toEqual(['ef'])
  })

  it('stays open for as long as the other side answers its pings', async () => {
    const { line, other } = pair(true)
    await clock.advance(60_000)
    expect(line.isOpen).toBe(true)
    expect(other.heard).toEqual(Array(12).fill({ type: 'ping' }))
    expect(heard).toEqual([])
  })

  it('answers pings', async () => {
    const { other } = pair()
    other.say({ type: 'ping' }, { type: 'ping' })
    await settle()
    expect(other.heard).toEqual([{ type: 'pong' }, { type: 'pong' }])
  })

  it.each([true, false])('is over when nothing is heard for long (it pings: %s)', async (pings) => {
    const { line, other } = pair(pings)
    other.pongs = false
    await clock.advance(10_000)
    expect(line.isOpen).toBe(true)
    await clock.advance(5000)
    expect([line.isOpen, other.isOver]).toEqual([false, true])
    expect(ended).toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  it('is over when the stream breaks', async () => {
    const { line, other } = pair()
    other.break()
    await settle()
    expect([line.isOpen, other.isOver]).toEqual([false, true])
    expect(ended).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('is over when the other side ends it', async () => {
    const { left, right } = channelPair('me', 'other')
    const line = run(left)
    await right.sink((async function* () {})())
    await settle()
    expect(line.isOpen).toBe(false)
    expect(ended).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('is over when it is closed, before or after it is run, and leaves no timer', async () => {
    const reason = new Error('enough')
    const { line, other } = pair(true)
    line.close(reason)
    line.close(new Error('once more'))
    line.say(KNOWN)
    await settle()
    expect([ended, other.isOver, other.heard]).toEqual([reason, true, []])
    const early = new Line({ channel: channelPair('me', 'x').left, clock, pings: true, heard() {} })
    early.close(reason)
    expect(await early.run()).toBe(reason)
    expect(clock.timers).toBe(0)
  })

  it('is over when what is heard is refused', async () => {
    const { left, right } = channelPair('me', 'other')
    const heard = (): never => {
      throw new TallymeshError('ERR_PROTOCOL', 'out of turn')
    }
    const line = new Line({ channel: left, clock, pings: false, heard })
    const other = new LineEnd(right)
    other.say(KNOWN, KNOWN)
    expect(await line.run()).toMatchObject({ message: 'out of turn' })
    await settle()
    expect(other.isOver).toBe(true)
  })
})

describe('a peer that', () => {
  it.each([
    ['sends garbage', Uint8Array.of(9, 9, 9)],
    ['sends nothing in a message', new Uint8Array(0)],
    ['says more than there is to say', Uint8Array.of(3, 0)],
  ])('%s costs itself the line', async (_, bytes) => {
    const { other } = pair()
    other.say(bytes, KNOWN)
    await settle()
    expect([other.isOver, heard]).toEqual([true, []])
    expect(ended).toMatchObject({ code: 'ERR_MALFORMED' })
  })

  it('pings without end costs itself the line', async () => {
    const { other } = pair()
    for (let i = 0; i < 1000; i++) other.say({ type: 'ping' })
    await settle()
    expect(other.isOver).toBe(true)
    expect(ended).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('answers what nobody asked costs itself the line', async () => {
    const { other } = pair(true)
    await clock.advance(5000)
    expect(ended).toBeUndefined()
    other.say({ type: 'pong' })
    await settle()
    expect(other.isOver).toBe(true)
    expect(ended).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('says a little for long is heard for long', async () => {
    const { other } = pair()
    for (let i = 0; i < 100; i++) {
      other.say(KNOWN, { type: 'ping' })
      await clock.advance(1000)
    }
    expect([ended, heard.length]).toEqual([undefined, 100])
  })

  it('takes no messages costs itself the line, and little memory', async () => {
    let taken = 0
    const stuck: Channel = {
      peer: 'other',
      source: (async function* () {
        await new Promise(() => {})
        yield new Uint8Array(0)
      })(),
      async sink(messages) {
        for await (const _ of messages) {
          taken++
          await new Promise(() => {})
        }
      },
      abort() {},
    }
    const line = run(stuck)
    line.say(KNOWN)
    await settle()
    for (let i = 0; i < 2000 && line.isOpen; i++) line.say(KNOWN)
    await settle()
    expect([line.isOpen, taken]).toEqual([false, 1])
  })
})

describe('a sign of life', () => {
  it('is anything that is heard within the time', async () => {
    const { line, other } = pair()
    const isAlive = line.isAlive(2000)
    await settle()
    expect(await isAlive).toBe(true)
    other.pongs = false
    const again = line.isAlive(2000)
    await clock.advance(1000)
    other.say(KNOWN)
    expect(await again).toBe(true)
    expect(clock.timers).toBe(1)
  })

  it('is missing where nothing is heard, where the line breaks, and where it is over', async () => {
    const { line, other } = pair()
    other.pongs = false
    const silent = line.isAlive(2000)
    await clock.advance(2000)
    expect(await silent).toBe(false)
    const broken = line.isAlive(2000)
    other.break()
    expect(await broken).toBe(false)
    expect(await line.isAlive(2000)).toBe(false)
    expect(clock.timers).toBe(0)
  })
})
