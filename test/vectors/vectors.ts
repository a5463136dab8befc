// The test vectors of docs/protocol.md: bytes that this program makes, with what they mean.
import {
  type ByteReader,
  ByteWriter,
  decodeState,
  DistributedKeyCounter,
  hashRequestId,
  noKeys,
  nothingJoined,
  writeDelta,
  type Integer,
  type KeyedDelta,
  type NodeName,
} from '@tallymesh/core'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import {
  hashFloor,
  hashRequest,
  hashSlot,
  hashText,
  hashVersion,
} from '../../packages/core/src/slot-hash.ts'
import { plus, ZERO } from '../../packages/core/src/murmur.ts'
import { answer, ask, refuse } from '../../packages/sync/src/exchange.ts'
import type { ExchangeContext } from '../../packages/sync/src/exchange-context.ts'
import { readGossip } from '../../packages/sync/src/gossip.ts'
import { decodeMessage, encodeMessage, type Message } from '../../packages/sync/src/messages.ts'
import {
  decodeMemberMessage,
  encodeMemberMessage,
  type MemberMessage,
} from '../../packages/sync/src/member-messages.ts'
import { createChannel } from '../../packages/sync/src/channel.ts'
import type { ClosedInterval } from '../../packages/sync/src/closed-intervals.ts'
import { NETWORK_LIMITS } from '../../packages/sync/src/network-limits.ts'
import type { Channel } from '../../packages/sync/src/network.ts'
import type { ByteStream, Bytes } from '../../packages/sync/src/wire.ts'
import { openSigned, signDelta, type SignedDelta } from '../../packages/sync/src/signed-delta.ts'
import { SharedNames } from '../../packages/sync/src/shared-names.ts'
import { channelPair } from '../../packages/sync/src/testing/channel-pair.ts'
import { contextOf } from '../../packages/sync/src/testing/world.ts'
import {
  deltaMeaning,
  fromHex,
  WALL_MS,
  hashToHex,
  memberMeaning,
  messageMeaning,
  requestMeaning,
  toHex,
  type DeltaMeaning,
  type MemberMeaning,
  type MessageMeaning,
  versionOf,
} from './meaning.ts'

const ALICE = '12D3KooWJRkQWCC2CmPZ3Y5sYkTbWbuyyLvqnVKaa5Uoozy8Kq81'
const BOB = '12D3KooWJRkQWCC2CmPZ3Y5sYkTbWbuyyLvqnVKaa5Uoozy8Kq82'
const EPOCH = `${BOB}.k7f2q9`
const NAMESPACE = 'shop'
const SALT = 0x9e3779b9

const written = (write: (writer: ByteWriter) => void): string => {
  const writer = new ByteWriter()
  write(writer)
  return toHex(writer.finish())
}

// Numbers and strings

const VARINTS = [0, 1, 127, 128, 300, 16_383, 16_384, 2 ** 31, 2 ** 32 + 5, 2 ** 53 - 1]
const MAGNITUDES = [1n, 63n, 64n, 1000n, 2n ** 52n - 1n, 2n ** 52n, 2n ** 53n - 1n, 2n ** 53n]
const LARGE = [2n ** 64n - 1n, 2n ** 64n, 2n ** 1024n - 1n]
const STRINGS = ['', 'views', 'été', '😀', '\uFEFFa']

const integers = (): Integer[] =>
  [0n, ...MAGNITUDES, ...LARGE, ...MAGNITUDES.map((n) => -n), ...LARGE.map((n) => -n)].map((n) =>
    Number.isSafeInteger(Number(n)) ? Number(n) : n,
  )

const primitives = () => ({
  varints: VARINTS.map((value) => ({ hex: written((writer) => writer.varint(value)), value })),
  integers: integers().map((value) => ({
    hex: written((writer) => writer.integer(value)),
    value: value.toString(),
  })),
  strings: STRINGS.map((value) => ({ hex: written((writer) => writer.string(value)), value })),
})

// Hashes

const TEXTS = ['', 'a', 'views', 'fifteen bytes..', 'sixteen bytes...', 'été', 'x'.repeat(512)]
const TOTALS: readonly Integer[] = [
  0,
  5,
  -5,
  2 ** 53 - 1,
  -(2 ** 53 - 1),
  2n ** 53n,
  -(2n ** 53n),
  2n ** 63n - 1n,
  2n ** 63n,
  -(2n ** 63n),
  -(2n ** 63n) - 1n,
  2n ** 64n - 1n,
  2n ** 64n,
  -(2n ** 64n),
  2n ** 1024n - 1n,
  1n - 2n ** 1024n,
]

const hashes = () => {
  const record = (amount: Integer) => ({
    hash: hashRequestId('a retry'),
    amount,
    seq: 2 ** 40 + 3,
    ops: 1,
  })
  const requests = [record(5), { ...record(-7), seq: 9 }]
  const sum = requests.map(hashRequest).reduce(plus, ZERO)
  const slot = { first: 7, seq: 2 ** 47 + 1, ops: 3, total: 5 }
  return {
    texts: TEXTS.map((text) => ({ text, hash: hashToHex(hashText(text)) })),
    requestIds: ['a retry', 'été'].map((id) => ({
      id,
      hash: Buffer.from(hashRequestId(id), 'latin1').toString('hex'),
    })),
    requests: TOTALS.map((amount) => ({
      ...requestMeaning(record(amount)),
      is: hashToHex(hashRequest(record(amount))),
    })),
    slots: [
      ...TOTALS.map((total) => ({ slot: { ...slot, total }, requests: [] as typeof requests })),
      { slot, requests },
    ].map(({ slot: { total, ...numbers }, requests: own }) => ({
      key: 'views',
      replica: EPOCH,
      ...numbers,
      total: total.toString(),
      requests: own.map(requestMeaning),
      is: hashToHex(
        hashSlot(hashText('views'), hashText(EPOCH), own.length === 0 ? ZERO : sum, {
          ...numbers,
          total,
        }),
      ),
    })),
    floors: [
      { at: 2, upTo: 1, kept: [] },
      { at: 2 ** 40, upTo: 2 ** 33, kept: [1, 7, 2 ** 33] },
    ].map((floor) => ({
      replica: ALICE,
      ...floor,
      is: hashToHex(hashFloor(hashText(ALICE), floor)),
    })),
    versions: [1, 2 ** 32, 2 ** 48 - 1].map((seq) => ({
      replica: ALICE,
      seq,
      is: hashToHex(hashVersion(hashText(ALICE), seq)),
    })),
  }
}

// Gossip

interface GossipVector {
  name: string
  author: string
  hex: string
  delta: DeltaMeaning
}

const gossiped = (name: string, author: string, delta: KeyedDelta): GossipVector => {
  const suffix = delta.replica.slice(author.length) || undefined
  const hex = written((writer) => writeDelta(writer, suffix, delta, noKeys()))
  return { name, author, hex, delta: deltaMeaning(readGossip(author, fromHex(hex))) }
}

/** 100 keys, then 900 more increments: the worked example of the document. */
const busy = (replica: string): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica })
  for (let i = 0; i < 1000; i++) counter.increment(`page ${i % 100}`, 2)
  return counter
}

const gossip = (): GossipVector[] => {
  const counter = busy(ALICE)
  const since = (name: string, from: number): GossipVector =>
    gossiped(name, ALICE, counter.deltaSince(ALICE, from))
  const vectors: GossipVector[] = []
  counter.increment('page 41', 5)
  vectors.push(since('an increment of a known key', 1000))
  counter.increment('/posts/2026/hello', 1)
  vectors.push(since('an increment of a new key', 1001), since('a known key and a new one', 1000))
  for (let i = 0; i < 40; i++) counter.increment('/posts/2026/hello', -3)
  vectors.push(since('many ops in one interval, and a negative total', 1001))
  counter.increment('page 7', 4, { requestId: 'a retry' })
  counter.increment('new', 2n ** 64n, { requestId: 'another' })
  counter.increment('page 7', -4, { requestId: 'a third' })
  vectors.push(since('requests, and a total in the long form', 1042))
  vectors.push(since('of a slot with requests, those since', counter.seq - 1))
  const epoch = new DistributedKeyCounter({ replica: EPOCH })
  epoch.increment('views', 5)
  vectors.push(gossiped('the first increment, under an epoch', BOB, epoch.deltaSince(EPOCH, 0)))
  for (let i = 0; i < 99; i++) epoch.increment('views', 2)
  vectors.push(gossiped('every operation on one key', BOB, epoch.deltaSince(EPOCH, 99)))
  epoch.increment('doors', -64)
  epoch.increment('doors', 1)
  epoch.increment('views', -103)
  vectors.push(gossiped('totals of -63, and of ops', BOB, epoch.deltaSince(EPOCH, 100)))
  const before = counter.seq
  counter.moveFloor(1043)
  vectors.push(since('a floor that moves, and nothing else', before))
  counter.increment('page 7', 1)
  vectors.push(since('a floor, and a slot that it left its latest record', 1042))
  const empty = { replica: ALICE, from: 70_000, to: 70_000, units: [] }
  vectors.push(gossiped('an announcement: more than fits was written', ALICE, empty))
  vectors.push(
    gossiped('a part of a transfer: it claims nothing', ALICE, {
      ...counter.deltaSince(ALICE, 1040),
      to: 1040,
    }),
  )
  return vectors
}

// States

const threeReplicas = (): DistributedKeyCounter => {
  const all = new DistributedKeyCounter({ replica: ALICE })
  all.increment('views', 5, { requestId: 'a retry' })
  all.increment('likes', 1)
  all.increment('views', -2)
  const bob = new DistributedKeyCounter({ replica: BOB })
  bob.increment('likes', 2n ** 70n)
  bob.increment('views', 5, { requestId: 'a retry' })
  const epoch = new DistributedKeyCounter({ replica: EPOCH })
  epoch.increment('été', 0)
  all.merge(bob)
  all.merge(epoch)
  return all
}

/** What a state comes to. */
const summary = (counter: DistributedKeyCounter) => {
  const { root, version } = counter.digest()
  return {
    root: hashToHex(root),
    versionHash: hashToHex(version),
    version: Object.fromEntries(counter.version),
    values: Object.fromEntries(
      counter.list().map(({ key, value, ops }) => [key, { value: value.toString(), ops }]),
    ),
  }
}

const stateVector = (name: string, counter: DistributedKeyCounter, since?: Map<string, number>) => {
  const bytes = counter.encode({ since })
  return { name, hex: toHex(bytes), deltas: decodeState(bytes).map(deltaMeaning) }
}

const states = () => {
  const all = threeReplicas()
  const nothing = new DistributedKeyCounter({ replica: ALICE })
  const floored = threeReplicas()
  floored.increment('likes', 2, { requestId: 'once' })
  floored.moveFloor(4)
  return [
    { ...stateVector('nothing', nothing), is: summary(nothing) },
    { ...stateVector('three replicas, whole', all), is: summary(all) },
    stateVector('three replicas, since a version', all, new Map([[ALICE, 2]])),
    { ...stateVector('a floor that a repetition stays under', floored), is: summary(floored) },
  ]
}

// The tree

/** Enough keys for a tree of several levels. */
const forest = (): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica: ALICE })
  for (let i = 0; i < 200; i++) counter.increment(`key ${i}`, i)
  return counter
}

const NODES: readonly NodeName[] = [
  { depth: 0, prefix: 0 },
  { depth: 1, prefix: 5 },
  { depth: 2, prefix: 43 },
  { depth: 9, prefix: 0 },
]

const tree = () => {
  const counter = forest()
  return {
    state: toHex(counter.encode()),
    root: hashToHex(counter.digest().root),
    salt: SALT,
    nodes: NODES.map((node) => ({
      ...node,
      children: counter.tree.children(node, SALT),
      entries: counter.tree
        .entries(node, SALT)!
        .map(({ key, fingerprint }) => ({ key: counter.keys()[key]!, fingerprint }))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    })),
  }
}

// Messages

/** A delta under its owner's signature; Ed25519 makes the same each time. */
const signedDeltas = async (): Promise<SignedDelta[]> => {
  const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(7))
  const owner = peerIdFromPrivateKey(key).toString()
  const deltas = [owner, `${owner}.k7f2q9`].map(async (replica) => {
    const counter = new DistributedKeyCounter({ replica })
    counter.increment('views', 5)
    return signDelta((bytes) => key.sign(bytes), NAMESPACE, counter.deltaSince(replica, 0))
  })
  return Promise.all(deltas)
}

const verify: ExchangeContext['verify'] = async (peer, bytes, signature) =>
  (await peerIdFromString(peer).publicKey?.verify(bytes, signature)) ?? false

const messages = async (): Promise<
  { name: string; hex: string; message: MessageMeaning; namespace?: string }[]
> => {
  const signed = await signedDeltas()
  for (const delta of signed) await openSigned(verify, NAMESPACE, delta)
  return plainMessages([['signed', { type: 'signed', deltas: signed }]]).map((vector) =>
    vector.name === 'signed' ? { ...vector, namespace: NAMESPACE } : vector,
  )
}

const plainMessages = (
  more: readonly (readonly [string, Message])[],
): { name: string; hex: string; message: MessageMeaning }[] => {
  const all = threeReplicas()
  const whole = (replica: string): KeyedDelta => ({ ...all.deltaSince(replica, 0), to: 0 })
  const children = { depth: 0, prefix: 0, kind: 'children' } as const
  const entries = (depth: number, prefix: number, count: number) =>
    ({
      depth,
      prefix,
      kind: 'entries',
      fingerprints: Array.from({ length: count }, (_, i) => 0x01020304 * (i + 1)),
    }) as const
  const nothing = { nodes: [], wants: [], offers: [], replies: [], waits: false }
  const list: readonly (readonly [string, Message])[] = [
    ['digest', { type: 'digest', digest: all.digest() }],
    ['same', { type: 'same', wallMs: WALL_MS }],
    ['busy', { type: 'busy' }],
    ['version', versionOf(all.version)],
    ['version: nothing', versionOf(new Map())],
    [
      'version: closed intervals above it',
      versionOf(all.version, [
        { replica: BOB, from: 70, to: 400 },
        { replica: EPOCH, from: 1_000_000, to: 2 ** 48 - 1 },
      ]),
    ],
    ['slots', { type: 'slots', deltas: all.state(new Map([[ALICE, 2]])) }],
    ['begin: nothing to say', { type: 'begin', salt: SALT, turn: nothing }],
    ['descent: nothing to say', { type: 'descent', turn: nothing }],
    [
      'descent: the root',
      {
        type: 'descent',
        turn: {
          ...nothing,
          nodes: [{ ...children, fingerprints: [1, 0, 2, 3, 0xffffffff, 5, 6, 7] }],
          waits: true,
        },
      },
    ],
    [
      'descent: nodes and wants of every form, offers and replies',
      {
        type: 'descent',
        turn: {
          nodes: [
            { ...children, depth: 1, prefix: 6, fingerprints: [8, 7, 6, 5, 4, 3, 2, 1] },
            entries(1, 7, 0),
            entries(2, 3, 13),
            entries(2, 60, 14),
            entries(10, 8 ** 10 - 1, 2),
          ],
          wants: [entries(1, 2, 1), entries(1, 4, 20)],
          offers: [whole(ALICE)],
          replies: [whole(BOB), whole(EPOCH)],
          waits: true,
        },
      },
    ],
  ]
  return [...list, ...more].map(([name, message]) => {
    const bytes = encodeMessage(message)
    return { name, hex: toHex(bytes), message: messageMeaning(decodeMessage(bytes)) }
  })
}

// Messages to members

const members = (): { name: string; hex: string; message: MemberMeaning }[] => {
  const instance = String.fromCharCode(...Array.from({ length: 16 }, (_, i) => 16 * i + i))
  const list: readonly (readonly [string, MemberMessage])[] = [
    ['hello', { type: 'hello', instance, epoch: ALICE }],
    ['hello: under an epoch', { type: 'hello', instance, epoch: EPOCH }],
    ['known: nothing', { type: 'known', seq: 0, isHeld: false }],
    ['known', { type: 'known', seq: 70_000, isHeld: false }],
    ['known: held by another', { type: 'known', seq: 2 ** 48 - 1, isHeld: true }],
    ['ping', { type: 'ping' }],
    ['pong', { type: 'pong' }],
    [
      'ask: vouch',
      {
        type: 'ask',
        id: 1,
        list: { low: 1, high: 2 },
        proposals: [{ mode: 'vouch', key: 'floor', slots: [{ replica: ALICE, seq: 7 }] }],
      },
    ],
    [
      'ask: hold a slot and its floor',
      {
        type: 'ask',
        id: 2,
        list: { low: 1, high: 2 },
        proposals: [
          {
            mode: 'hold',
            key: 'views',
            slots: [
              { replica: ALICE, seq: 9 },
              { replica: `${ALICE}./floor`, seq: 8, unit: { at: 8, upTo: 7, kept: [3] } },
            ],
          },
        ],
      },
    ],
  ]
  return list.map(([name, message]) => {
    const bytes = encodeMemberMessage(message, new SharedNames())
    return {
      name,
      hex: toHex(bytes),
      message: memberMeaning(decodeMemberMessage(bytes, new SharedNames())),
    }
  })
}

// Frames

/** A stream that keeps what is sent, and brings `arriving`. */
const streamOf = (arriving: Uint8Array, sent: Uint8Array[]): ByteStream => {
  return {
    status: 'open',
    readStatus: 'readable',
    writeStatus: 'writable',
    readableEnded: false,
    writeBufferLength: 0,
    pause() {},
    resume() {},
    send(data) {
      sent.push(data.subarray())
      return true
    },
    async close() {},
    async closeRead() {},
    abort() {},
    addEventListener(type: string, listener: (event: { data: Bytes }) => void) {
      if (type === 'message') queueMicrotask(() => listener({ data: arriving }))
    },
  } as ByteStream
}

/** The bytes of a stream that carries these messages. */
export const framed = async (list: readonly string[]): Promise<string> => {
  const sent: Uint8Array[] = []
  await createChannel(BOB, streamOf(new Uint8Array(0), sent), NETWORK_LIMITS).sink(
    (async function* () {
      for (const hex of list) yield fromHex(hex)
    })(),
  )
  return sent.map(toHex).join('')
}

/** The messages that the bytes of a stream carry. */
export const unframed = async (hex: string): Promise<string[]> => {
  const list: string[] = []
  for await (const message of createChannel(BOB, streamOf(fromHex(hex), []), NETWORK_LIMITS).source)
    list.push(toHex(message))
  return list
}

const frames = async () => {
  const all = await messages()
  const bytesOf = async (name: string, of: readonly string[]) => {
    const list = all.filter((message) => of.includes(message.name)).map(({ hex }) => hex)
    return { name, messages: list, bytes: await framed(list) }
  }
  return [
    await bytesOf('nothing said', []),
    await bytesOf('an answer', ['same']),
    await bytesOf('two messages, one past 127 bytes', ['version', 'slots']),
  ]
}

// Exchanges

/** Time stands still, and the salt is known. */
const fixed = (self: string, members: readonly string[]): Partial<ExchangeContext> => ({
  clock: { now: () => 0, wall: () => WALL_MS, after: () => () => {} },
  random: () => SALT / 2 ** 32,
  members,
  self,
  namespace: NAMESPACE,
  verify,
})

/** A channel that notes what is sent. */
const noted = (channel: Channel, sent: string[]): Channel => ({
  ...channel,
  sink: (source) =>
    channel.sink(
      (async function* () {
        for await (const message of source) {
          sent.push(toHex(message))
          yield message
        }
      })(),
    ),
})

const exchanged = async (
  name: string,
  asker: DistributedKeyCounter,
  answerer: DistributedKeyCounter,
  reply: typeof answer = answer,
  members: readonly string[] = [],
  closed: readonly ClosedInterval[] = [],
) => {
  const before = { asker: toHex(asker.encode()), answerer: toHex(answerer.encode()) }
  const { left, right } = channelPair(ALICE, BOB)
  const sent = { asker: [] as string[], answerer: [] as string[] }
  const [asking, answering] = await Promise.all([
    contextOf(asker, fixed(ALICE, members)),
    contextOf(answerer, fixed(BOB, members)),
  ])
  for (const { replica, from, to } of closed) asking.journal.closed.add(replica, from, to)
  await Promise.all([
    ask(asking, noted(left, sent.asker)),
    reply(answering, noted(right, sent.answerer)),
  ])
  const after = { asker: summary(asker), answerer: summary(answerer) }
  return { name, salt: SALT, members, closed, before, sent, after }
}

/** A counter that holds what `other` does, and writes under `replica`. */
const copyOf = (other: DistributedKeyCounter, replica: string): DistributedKeyCounter => {
  const copy = new DistributedKeyCounter({ replica })
  copy.merge(other)
  return copy
}

/** Loses what a version vector claims: what a damaged store comes to. */
const withoutKeys = (counter: DistributedKeyCounter, lost: readonly string[], replica: string) => {
  const rest = new DistributedKeyCounter({ replica })
  for (const { units, ...delta } of counter.state())
    rest.join([{ ...delta, units: units.filter(({ key }) => !lost.includes(key)) }])
  return rest
}

const exchanges = async () => {
  const same = threeReplicas()
  const pullAsker = threeReplicas()
  const pullAnswerer = copyOf(pullAsker, BOB)
  pullAsker.increment('views', 1)
  pullAnswerer.increment('likes', 1)
  pullAnswerer.increment('new key', 3)
  const wholeTree = forest()
  const [some, others] = [
    ['key 3', 'key 150'],
    ['key 150', 'key 77', 'key 9'],
  ]
  // Totals in the long form weigh so much that few slots make two parts.
  const large = new DistributedKeyCounter({ replica: BOB })
  for (let i = 0; i < 330; i++) large.increment(`${i}`, 2n ** 53n)
  const whole = new DistributedKeyCounter({ replica: BOB })
  for (let i = 0; i < 6; i++) whole.increment(`key ${i}`, i)
  const cut = new DistributedKeyCounter({ replica: ALICE })
  const delta = whole.deltaSince(BOB, 0)
  cut.join([{ ...delta, to: 0, units: delta.units.slice(3) }])
  const few = threeReplicas()
  const [noLikes, noEte] = [withoutKeys(few, ['likes'], ALICE), withoutKeys(few, ['été'], BOB)]
  const memberless = copyOf(threeReplicas(), BOB)
  memberless.increment('likes', 7)
  return [
    await exchanged('same', same, copyOf(same, BOB)),
    await exchanged('busy', threeReplicas(), busy(BOB), refuse),
    await exchanged('each lacks something of the other', pullAsker, pullAnswerer),
    await exchanged(
      'a transfer in two parts, newest first',
      new DistributedKeyCounter({ replica: ALICE }),
      large,
    ),
    await exchanged(
      'a transfer goes on that was cut',
      cut,
      whole,
      answer,
      [],
      [{ replica: BOB, from: 4, to: 6 }],
    ),
    await exchanged(
      'one who is no member hands on its own slots alone',
      new DistributedKeyCounter({ replica: ALICE }),
      memberless,
      answer,
      [ALICE],
    ),
    await exchanged('a descent, few keys', noLikes, noEte),
    await exchanged(
      'a descent, 200 keys',
      withoutKeys(wholeTree, some, ALICE),
      withoutKeys(wholeTree, others, BOB),
    ),
  ]
}

// Joins

type Step = { readonly author: string; readonly gossip: string } | { readonly state: string }

const joined = (name: string, steps: readonly Step[]) => {
  const counter = new DistributedKeyCounter({ replica: 'reader' })
  const told = nothingJoined()
  const reports = steps.map((step) => {
    const deltas =
      'state' in step
        ? decodeState(fromHex(step.state))
        : [readGossip(step.author, fromHex(step.gossip))]
    const { gaps, forks } = counter.join(deltas)
    for (const replica of gaps) told.gaps.add(replica)
    return { ...step, gaps: [...gaps], forks: [...forks] }
  })
  return { name, steps: reports, is: summary(counter) }
}

const joins = () => {
  const alice = new DistributedKeyCounter({ replica: ALICE })
  const step = (delta: KeyedDelta): Step => ({
    author: ALICE,
    gossip: gossiped('', ALICE, delta).hex,
  })
  const written: Step[] = []
  for (const [key, amount, requestId] of [
    ['views', 5, 'one'],
    ['likes', 1, undefined],
    ['views', 7, 'two'],
    ['views', 7, 'two, again'],
  ] as const) {
    alice.increment(key, amount, requestId === undefined ? {} : { requestId })
    written.push(step(alice.deltaSince(ALICE, alice.seq - 1)))
  }
  const [one, two, three, four] = written as [Step, Step, Step, Step]
  const whole = alice.deltaSince(ALICE, 0)
  const part = (units: KeyedDelta['units'], to: number): Step => step({ ...whole, to, units })
  const twin = new DistributedKeyCounter({ replica: ALICE })
  twin.increment('views', 6, { requestId: 'one' })
  const forked = step(twin.deltaSince(ALICE, 0))
  twin.increment('views', 1)
  twin.increment('views', 1)
  twin.increment('views', 1)
  twin.increment('views', 1)
  const forkedLater = step(twin.deltaSince(ALICE, 0))
  const bob = new DistributedKeyCounter({ replica: BOB })
  bob.increment('views', 5, { requestId: 'one' })
  return [
    joined('in order, and each twice', [one, one, two, two, three, three, four]),
    joined('last first: three are held until the gap closes', [four, three, two, one]),
    joined('a gap that stays', [one, three]),
    joined('parts, then the closing part', [
      part(whole.units.slice(0, 1), 0),
      part(whole.units.slice(1), 4),
    ]),
    joined('parts without the closing part', [part(whole.units.slice(0, 1), 0)]),
    joined('two contents of one (replica, seq)', [one, forked]),
    joined('the same, the other way about', [forked, one]),
    joined('a slot that can not follow on the one held', [four, one, two, three, forkedLater]),
    joined('one request at two replicas counts once', [one, { state: toHex(bob.encode()) }]),
  ]
}

// What is refused

const refused = () => ({
  varints: {
    'longer than need be': '8000',
    'past 2^53 - 1': '8080808080808010',
    'nine bytes': '808080808080808001',
    'cut short': '80',
  },
  integers: {
    'minus zero without its bytes': '01',
    'a long form that fits the short one': '010203e8',
    'a long form with a leading zero': '0110000fffffffffffffff',
    'past 1,024 bits': `01820201${'00'.repeat(128)}`,
  },
  strings: { 'not UTF-8': '02c328', 'a surrogate': '03eda080', 'longer than allowed': '8104' },
  gossip: {
    nothing: '',
    'left over': '00b96000',
    'an epoch suffix without its dot': '0501780001010a',
    'an epoch suffix of a dot alone': '11012e0001016100000a',
    'a replica id past 128 bytes': `114d2e${'78'.repeat(76)}00010161000002`,
    'an end that need not be said': '120001010161000002',
    'requests announced, and none there': '140001016100000200',
    'a group announced, and empty': '100000',
    'a repeated key in the first delta': '08000100000002',
    'more ops than operation numbers': '1000010161010002',
    'all ops, told by their number': '1000010161210100',
    'a short name below the first operation': '2001010002',
    'a key stands twice': '10000201610000020161000002',
    'an empty key': '10000100000002',
  },
  states: {
    'a format that is not known': '0200',
    'a delta that names no replica': '01010000',
    'a replica that stands twice': '01020101610001016101',
    'more deltas than bytes': '0105',
  },
  messages: {
    nothing: '',
    'a type that is not known': 'ff',
    'same, and more': '02000000',
    'a digest cut short': '0100',
    'a version of 0': '040001016100',
    'a version of no replica': '0400010001',
    'a version that names a replica twice': '040002016101016102',
    'a version past the last operation': '040001016180808080808040',
    'no closed intervals, said so': '04000000',
    'a closed interval that is empty': '0400000101610500',
    'a closed interval past the last operation': '0400000101610180808080808040',
    'a node that stands twice': '0601021102110000',
    'a number of keys in the longer form': '0601010f010000',
    'offers announced, and none there': '06020000020100',
    'a turn with unknown flags': '06080000',
    'a node too deep': '060101b1000000',
    'nodes out of order': '0601021102010000',
    'a node past its level': '060101110800',
    'children below the last level': `060101a000${'00'.repeat(33)}`,
    'wants that name no entries': `06010001000000${'00'.repeat(32)}`,
    'offers that claim an interval': '060200000c01011101610001016b000002',
  },
  members: {
    nothing: '',
    'a type that is not known': '05',
    'a hello cut short': `01${'00'.repeat(15)}`,
    'a hello that names no epoch': `01${'00'.repeat(16)}00`,
    'a hello, and more': `01${'00'.repeat(16)}016100`,
    'an epoch past 128 bytes': `01${'00'.repeat(16)}8101${'61'.repeat(129)}`,
    'known without its last byte': '0205',
    'held that is neither yes nor no': '020502',
    'a seq past the last operation': '028080808080804000',
    'a ping, and more': '0300',
  },
})

/** All files of vectors, by name. */
export const vectors = async () => ({
  primitives: primitives(),
  hashes: hashes(),
  gossip: gossip(),
  states: states(),
  tree: tree(),
  messages: await messages(),
  members: members(),
  frames: await frames(),
  exchanges: await exchanges(),
  joins: joins(),
  refused: refused(),
})

/** Reads hex as a varint, an integer or a string, to the end. */
export const readers = {
  varints: (reader: ByteReader) => reader.varint(),
  integers: (reader: ByteReader) => reader.integer().toString(),
  strings: (reader: ByteReader) => reader.string(512),
}
