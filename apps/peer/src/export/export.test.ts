// The format: what is written is read again, and nothing else is.
import { DistributedKeyCounter, TallymeshError } from '@tallymesh/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Counts, type Header, RECORDS_A_LINE } from './format.ts'
import { ExportReader } from './reader.ts'
import { Staging } from './staging.ts'
import { exportPieces } from './writer.ts'

const HEADER: Header = { namespace: 'shop', peer: '12D3' }

const write = async (counter: DistributedKeyCounter, header = HEADER): Promise<string> => {
  let text = ''
  for await (const piece of exportPieces(header, counter.snapshot())) text += piece.toString()
  return text
}

interface Read {
  readonly header: Header | undefined
  readonly counts: Counts
  readonly counter: DistributedKeyCounter
}

/** @param size bytes of the pieces that it comes in */
const read = (text: string | Uint8Array, size = 1 << 16): Read => {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const staging = new Staging()
  let header: Header | undefined
  const reader = new ExportReader({
    header: (found) => {
      header = found
    },
    floor: (floor) => staging.addFloor(floor),
    slot: (slot) => staging.add(slot),
  })
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
  const counts = reader.end()
  const counter = new DistributedKeyCounter({ replica: 'reader' })
  for (const part of staging.counters()) counter.merge(part)
  return { header, counts, counter }
}

const refusal = (text: string | Uint8Array): string => {
  try {
    read(text)
  } catch (error) {
    if (error instanceof TallymeshError && error.code === 'ERR_MALFORMED') return error.message
    throw error
  }
  return 'nothing'
}

const rootOf = (counter: DistributedKeyCounter): unknown => counter.digest().root

const write1 = fc.record({
  replica: fc.constantFrom('a', 'b', '12D3.k7f2q9', 'é"\n'),
  key: fc.oneof(
    fc.constantFrom('k', '__proto__', '\u2028"\\', '🦀'),
    fc.string({ minLength: 1, unit: 'grapheme' }),
  ),
  amount: fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 1000n), max: 2n ** 1000n })),
  requestId: fc.option(fc.constantFrom('q1', 'q2', 'q3', 'q4'), { nil: undefined }),
})

/** What several replicas wrote; of two that share an id, the one forks the other. */
const states = fc.array(fc.array(write1, { maxLength: 12 }), { maxLength: 3 }).map((worlds) => {
  // Half of what was asked for with an id is forgotten by then.
  const all = new DistributedKeyCounter({ replica: 'observer' })
  for (const writes of worlds) {
    const writers = new Map<string, DistributedKeyCounter>()
    for (const { replica, key, amount, requestId } of writes) {
      const writer = writers.get(replica) ?? new DistributedKeyCounter({ replica })
      writers.set(replica, writer)
      try {
        writer.increment(key, amount, { requestId })
      } catch (error) {
        if (!(error instanceof TallymeshError)) throw error
      }
    }
    for (const writer of writers.values()) {
      writer.moveFloor(Math.floor(writer.seq / 2))
      all.merge(writer)
    }
  }
  return all
})

test('what is read is what was written, to the last request, in whatever pieces it comes', async () => {
  await fc.assert(
    fc.asyncProperty(states, fc.integer({ min: 1, max: 300 }), async (counter, size) => {
      const { header, counts, counter: copy } = read(await write(counter), size)
      expect(header).toEqual(HEADER)
      expect(rootOf(copy)).toEqual(rootOf(counter))
      expect(copy.list()).toEqual(counter.list())
      expect(counts).toMatchObject({ counters: counter.size, slots: counter.slotCount })
    }),
  )
})

test('reading it twice, or on top of what came after, changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(states, states, async (older, newer) => {
      newer.merge(older)
      const before = rootOf(newer)
      newer.merge(read(await write(older)).counter)
      newer.merge(read(await write(older)).counter)
      expect(rootOf(newer)).toEqual(before)
    }),
  )
})

const sample = (): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica: 'a' })
  counter.increment('views', 5)
  counter.increment('orders', -1, { requestId: 'q' })
  counter.increment('views', 2n ** 80n)
  return counter
}

test('the lines are those of the document', async () => {
  expect((await write(sample())).split('\n')).toEqual([
    '{"format":"tallymesh-export","version":1,"namespace":"shop","peer":"12D3"}',
    '{"key":"views","replica":"a","first":1,"seq":3,"ops":2,"total":"1208925819614629174706181"}',
    '{"key":"orders","replica":"a","first":2,"seq":2,"ops":1,"total":"-1","requests":[{"hash":"8e35c2cd3bf6641bdb0e2050b76932cb","amount":"-1","seq":2}]}',
    '{"end":{"lines":4,"counters":2,"slots":2,"requests":1}}',
    '',
  ])
})

test('a slot with many requests goes over many lines, and comes back whole', async () => {
  const counter = new DistributedKeyCounter({ replica: 'a' })
  for (let i = 0; i <= 2 * RECORDS_A_LINE; i++)
    counter.increment('hot', 2n ** 1000n, { requestId: `${i}` })
  const text = await write(counter)
  expect(text.split('\n')).toHaveLength(6)
  expect(rootOf(read(text).counter)).toEqual(rootOf(counter))
})

test('a file that was cut anywhere is refused whole', async () => {
  const text = await write(sample())
  // Without its last newline it still has all.
  for (let length = 0; length < text.length - 1; length++)
    expect(refusal(text.slice(0, length))).toMatch(/cut|line \d+: it is not JSON, or was cut/)
  expect(refusal(text.slice(0, -1))).toBe('nothing')
})

test('a file that lacks a line, or has one twice, is refused', async () => {
  const lines = (await write(sample())).trimEnd().split('\n')
  for (let at = 0; at < lines.length; at++) {
    expect(refusal(lines.toSpliced(at, 1).join('\n'))).not.toBe('nothing')
    expect(refusal(lines.toSpliced(at, 0, lines[at]!).join('\n'))).not.toBe('nothing')
  }
})

const [HEAD, , SLOT, END] = [
  '{"format":"tallymesh-export","version":1,"namespace":"shop","peer":"12D3"}',
  '',
  '{"key":"k","replica":"a","first":1,"seq":3,"ops":2,"total":"1"}',
  '{"end":{"lines":3,"counters":1,"slots":1,"requests":0}}',
]

const withSlot = (fields: object): string =>
  [HEAD, JSON.stringify({ ...(JSON.parse(SLOT!) as object), ...fields }), END].join('\n')

const record = { hash: '00'.repeat(16), amount: '1', seq: 3 }

test.each<[string, object, RegExp]>([
  ['key', { key: '' }, /^line 2: key: .*1 to 512 UTF-8 bytes; got an empty string/],
  ['key', { key: 'é'.repeat(257) }, /key: .*1 to 512/],
  ['key', { key: '\ud800' }, /key: .*surrogate/],
  ['key', { key: 5 }, /key: .*got the number 5/],
  ['replica', { replica: 'r'.repeat(129) }, /replica: .*1 to 128/],
  [
    'first',
    { first: 0 },
    /first must be a whole number from 1 to 281474976710655; got the JSON number 0/,
  ],
  ['seq', { seq: 0 }, /seq must be a whole number from 1/],
  ['seq', { seq: 2 ** 48 }, /seq must be a whole number/],
  ['seq', { seq: 1.5 }, /seq must be a whole number .*1\.5/],
  ['ops', { ops: 4 }, /ops must be a whole number from 2 to 3/],
  ['ops', { ops: 1 }, /ops must be a whole number from 2/],
  ['ops', { ops: 2, seq: 1 }, /ops must be 1; got/],
  ['total', { total: 1 }, /total must be a string of decimal digits.*the JSON number 1/],
  ['total', { total: '01' }, /total must be/],
  ['total', { total: '-0' }, /total must be/],
  ['total', { total: '9'.repeat(309) }, /total: .*1024 bits/],
  ['total', { total: undefined }, /total must be .*; it is missing/],
  ['requests', { requests: [] }, /requests must be an array of 1 to 500/],
  ['requests', { requests: {} }, /requests must be an array/],
  ['requests', { requests: [1] }, /requests\[0\] must be a JSON object/],
  ['requests', { requests: [{ ...record, hash: 'x' }] }, /requests\[0\]\.hash must be 32 hex/],
  ['requests', { requests: [{ ...record, amount: 1 }] }, /requests\[0\]\.amount must be/],
  ['requests', { requests: [{ ...record, seq: 4 }] }, /in order of seq/],
  ['requests', { requests: [record, record] }, /in order of seq/],
  ['requests', { requests: [{ ...record, ops: 1 }] }, /requests\[0\]\.ops must be/],
  ['requests', { requests: [{ ...record, x: 1 }] }, /requests\[0\]\.x is not known/],
  ['more', { more: 1 }, /more is not known here; allowed: key, replica/],
])('a slot with a wrong %s is refused: %j', (_field, fields, words) => {
  expect(refusal(withSlot(fields))).toMatch(words)
})

test.each([
  ['nothing', '', /cut: it ends after 0 lines/],
  ['text', 'hello', /^line 1: it is not JSON/],
  ['a list', '[]', /^line 1: it must be a JSON object; got an array/],
  ['another file', '{"a":1}', /^line 1: it is none of an export/],
  ['another format', HEAD!.replace('tallymesh-export', 'x'), /format must be "tallymesh-export"/],
  ['a newer version', HEAD!.replace('1,', '2,'), /version must be 1, the only one .* number 2/],
  ['no header', [SLOT, END].join('\n'), /^line 1: the first line of an export/],
  ['two headers', [HEAD, HEAD].join('\n'), /^line 2: the first line of an export/],
  ['an empty line', [HEAD, '', SLOT, END].join('\n'), /^line 2: it is not JSON/],
  [
    'more after the end',
    [HEAD, SLOT, END, SLOT].join('\n'),
    /^line 4: there must be nothing after/,
  ],
  ['requests of nothing', [HEAD, '{"requests":[1]}'].join('\n'), /^line 2: requests\[0\] must/],
  [
    'requests that go on from none',
    [HEAD, SLOT, JSON.stringify({ requests: [record] })].join('\n'),
    /^line 3: only a slot with requests/,
  ],
  ['a long line', [HEAD, ' '.repeat(2 ** 18 + 1)].join('\n'), /^line 2: it is longer than 262144/],
  [
    'a wrong count',
    [HEAD, SLOT, END!.replace('"slots":1', '"slots":2')].join('\n'),
    /^line 3: the file is not whole: it should have 2 slots, and has 1/,
  ],
])('%s is refused', (_what, text, words) => {
  expect(refusal(text)).toMatch(words)
})

test('bytes that are not UTF-8 are refused', () => {
  expect(refusal(new Uint8Array([0x22, 0xff, 0x22, 0x0a]))).toBe('line 1: it is not valid UTF-8')
})

test('any damage is refused, or makes another file that is one; it never throws anything else', async () => {
  const bytes = new TextEncoder().encode(await write(sample()))
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(3), (at, byte, cut) => {
      const damaged = Uint8Array.from([...bytes.slice(0, at), byte, ...bytes.slice(at + cut)])
      refusal(damaged)
    }),
    { numRuns: 2000 },
  )
})

test('any JSON as a line is refused with the line that it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(refusal([HEAD, JSON.stringify(value), SLOT, END].join('\n'))).toMatch(/^line \d+: /)
    }),
  )
})
