// Peers that do not keep to the protocol: a typed error, the stream gone, and nothing changed.
import { type KeyedDelta, type TallymeshError } from '@tallymesh/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { DescentTurn } from './descent.ts'
import { answer, ask, refuse } from './exchange.ts'
import type { ExchangeContext, Outcome } from './exchange-context.ts'
import { encodeMessage, type Message } from './messages.ts'
import { channelPair } from './testing/channel-pair.ts'
import { say } from './testing/hostile.ts'
import { MESSAGES } from './testing/messages.ts'
import { contextOf, counterOf, rootOf } from './testing/world.ts'

type Role = (
  context: ExchangeContext,
  channel: ReturnType<typeof channelPair>['left'],
) => Promise<Outcome>

const victim = async (keys = 100, options?: Partial<ExchangeContext>): Promise<ExchangeContext> => {
  const counter = counterOf('victim')
  for (let i = 0; i < keys; i++) counter.increment(`key-${i}`)
  return contextOf(counter, options)
}

const stateOf = ({ counter, journal, unnamed }: ExchangeContext): unknown => ({
  root: rootOf(counter),
  version: counter.version,
  closed: journal.closed.above(new Map()),
  unnamed: [...unnamed],
})

/** What the victim's side ends with. */
const against = async (
  role: Role,
  context: ExchangeContext,
  messages: Iterable<Message | Uint8Array>,
  options?: Parameters<typeof say>[2],
): Promise<PromiseSettledResult<Outcome>> => {
  const pair = channelPair('hostile', context.self)
  const [end] = await Promise.allSettled([
    role(context, pair.right),
    say(pair.left, messages, options),
  ])
  return end!
}

const expectRefused = async (
  role: Role,
  messages: Iterable<Message | Uint8Array>,
  codes: readonly TallymeshError['code'][] = ['ERR_PROTOCOL'],
  context?: ExchangeContext,
): Promise<void> => {
  const attacked = context ?? (await victim())
  const before = stateOf(attacked)
  const end = await against(role, attacked, messages)
  expect(end.status).toBe('rejected')
  if (end.status === 'rejected') expect(codes).toContain((end.reason as TallymeshError).code)
  expect(stateOf(attacked)).toEqual(before)
}

const DIGEST: Message = {
  type: 'digest',
  digest: { root: { low: 1, high: 2 }, version: { low: 3, high: 4 } },
}
const VERSION: Message = {
  type: 'version',
  wallMs: 0,
  version: new Map([['victim', 1]]),
  closed: [],
}
const slots = (from: number, to: number, replica = 'hostile'): Message => ({
  type: 'slots',
  deltas: [
    {
      replica,
      from,
      to,
      units: [{ key: 'stolen', first: to, seq: to, ops: 1, total: 1, requests: [] }],
    },
  ],
})
const SLOTS = slots(0, 1)
const turn = (turn: Partial<DescentTurn<KeyedDelta>>): Message => ({
  type: 'descent',
  turn: { nodes: [], wants: [], offers: [], replies: [], waits: true, ...turn },
})

describe('garbage', () => {
  const roles: readonly (readonly [string, Role])[] = [
    ['asking', ask],
    ['answering', answer],
    ['refusing', refuse],
  ]
  it.each(roles)('instead of the first message, %s', async (_, role) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        // What may be said first is left to those who say it well.
        bytes[0] = 8 + ((bytes[0] ?? 0) % 200)
        await expectRefused(role, [bytes], ['ERR_MALFORMED'])
      }),
      { numRuns: 30 },
    )
  })

  it('an empty message', async () => {
    for (const [, role] of roles) await expectRefused(role, [new Uint8Array(0)], ['ERR_MALFORMED'])
  })

  it('after the vectors', async () => {
    await expectRefused(answer, [DIGEST, VERSION, Uint8Array.of(99)], ['ERR_MALFORMED'])
    await expectRefused(ask, [VERSION, Uint8Array.of(99)], ['ERR_MALFORMED'])
  })
})

describe('out of turn', () => {
  const types = (but: readonly string[]): [string, fc.Arbitrary<Message>][] =>
    Object.entries(MESSAGES).filter(([type]) => !but.includes(type))
  const first = (message: fc.Arbitrary<Message>): Message =>
    fc.sample(message, { numRuns: 1, seed: 7 })[0]!

  it.each(types(['digest']))('%s to one who answers', (_, message) =>
    expectRefused(answer, [first(message)]),
  )
  it.each(types(['digest']))('%s to one who refuses', (_, message) =>
    expectRefused(refuse, [first(message)]),
  )
  it.each(types(['same', 'busy', 'version', 'begin']))('%s to one who asks', (_, message) =>
    expectRefused(ask, [first(message)]),
  )
  it.each(types(['version']))('%s instead of a version', (_, message) =>
    expectRefused(answer, [DIGEST, first(message)]),
  )
  it.each(types(['version', 'slots', 'signed']))('%s where all was said', (_, message) =>
    expectRefused(answer, [DIGEST, VERSION, first(message)]),
  )
  it('slots before the vectors', () => expectRefused(answer, [SLOTS, DIGEST]))
  it('slots to one who refuses', () => expectRefused(refuse, [DIGEST, SLOTS]))
  it('a digest twice', () => expectRefused(answer, [DIGEST, DIGEST, DIGEST]))
  it('nothing at all', () => expectRefused(answer, []))
  it('the end in the middle', () => expectRefused(answer, [DIGEST]))
})

describe('slots', () => {
  it('of others are refused where members say so', async () => {
    const context = await victim(5, { members: ['victim'] })
    const before = stateOf(context)
    const end = await against(answer, context, [DIGEST, VERSION, slots(0, 1, 'someone')])
    expect(end).toMatchObject({ status: 'fulfilled', value: { refused: 1, received: 0 } })
    expect(stateOf(context)).toEqual(before)
  })

  it('with another’s signature break the exchange', async () => {
    const deltas = [{ bytes: Uint8Array.of(1, 1, 97, 0), signature: new Uint8Array(64) }]
    await expectRefused(answer, [DIGEST, VERSION, { type: 'signed', deltas }], ['ERR_MALFORMED'])
  })

  it('over gaps, of any number of made-up replicas, are remembered by none', async () => {
    const context = await victim()
    const before = stateOf(context)
    const made = Array.from({ length: 500 }, (_, i) => slots(1000, 1001, `made-up-${i}`))
    await against(answer, context, [DIGEST, VERSION, ...made], { waits: false })
    expect(stateOf(context)).toEqual(before)
  })
})

describe('a descent', () => {
  /** Digests whose vectors agree, so that it comes to one. */
  const digestOf = ({ counter }: ExchangeContext): Message => ({
    type: 'digest',
    digest: { root: { low: 1, high: 1 }, version: counter.digest().version },
  })
  const ROOT = { depth: 0, prefix: 0 }
  const CHILDREN = { kind: 'children' as const, fingerprints: [1, 2, 3, 4, 5, 6, 7, 8] }
  const attack = async (messages: Iterable<Message>, keys = 100): Promise<void> => {
    const context = await victim(keys)
    const all = function* (): Generator<Message> {
      yield digestOf(context)
      yield* messages
    }
    await expectRefused(answer, all(), ['ERR_PROTOCOL'], context)
  }

  it.each([
    ['the root, where the other side has begun', { nodes: [{ ...ROOT, ...CHILDREN }] }],
    ['a node whose parent was not shown', { nodes: [{ depth: 2, prefix: 0, ...CHILDREN }] }],
    ['entries that were not shown', { wants: [{ depth: 1, prefix: 0, fingerprints: [1] }] }],
    ['entries of a node that has none', { wants: [{ ...ROOT, fingerprints: [1] }] }],
  ])('that takes up %s', (_, part) => attack([turn(part)]))

  it('that takes a node up again', () => {
    const again = turn({ nodes: [{ depth: 1, prefix: 3, ...CHILDREN }] })
    return attack([again, again])
  })

  it('that asks for the same entries again and again', () => {
    const wants = turn({ wants: [{ ...ROOT, fingerprints: [1] }] })
    return attack([wants, wants], 3)
  })

  it('that begins twice', async () => {
    const context = await victim()
    const root = turn({ nodes: [{ ...ROOT, ...CHILDREN }] })
    await expectRefused(ask, [root, root], ['ERR_PROTOCOL'], context)
  })

  it('that never ends is ended', async () => {
    const forever = function* (): Generator<Message> {
      while (true) yield turn({})
    }
    await attack(forever())
  })

  it('that stops in the middle', () => attack([]))

  it('does the work of a message once, however it is put together', async () => {
    const context = await victim(5000)
    const entries = vi.spyOn(context.counter.tree, 'entries')
    const prefixes = Array.from({ length: 8 }, (_, prefix) => prefix)
    const nodes = prefixes.map((prefix) => ({
      depth: 1,
      prefix,
      kind: 'entries' as const,
      fingerprints: [],
    }))
    const forever = function* (): Generator<Message> {
      yield digestOf(context)
      while (true) yield turn({ nodes })
    }
    const end = await against(answer, context, forever())
    expect(end.status).toBe('rejected')
    const walked = entries.mock.results.reduce(
      (sum, { value }) => sum + ((value as unknown[] | undefined)?.length ?? 0),
      0,
    )
    expect(walked).toBeLessThanOrEqual(2 * 5000)
  })
})

describe('a peer that falls silent', () => {
  it.each([
    ['at once', ask, []],
    ['after its digest', answer, [DIGEST]],
    ['before its digest', refuse, []],
  ] as const)('%s is left after a while', async (_, role, messages) => {
    let bite: () => void = () => {}
    const clock = {
      now: () => 0,
      wall: () => 0,
      after: (_delay: number, task: () => void) => {
        bite = task
        return () => {}
      },
    }
    const context = await victim(5, { clock })
    const before = stateOf(context)
    const pair = channelPair('hostile', context.self)
    const saying = async function* (): AsyncGenerator<Uint8Array> {
      for (const message of messages) yield encodeMessage(message)
      setTimeout(() => bite())
      await new Promise(() => {})
    }
    void pair.left.sink(saying()).catch(() => {})
    await expect(role(context, pair.right)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(stateOf(context)).toEqual(before)
  })
})
