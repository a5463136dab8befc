// The lines of an export: written and read here, and nowhere else. docs/export.md shows them to people.
import {
  checkAmount,
  checkKey,
  checkReplica,
  LIMITS,
  REQUEST_HASH_BYTES,
  type ReplicaFloor,
  type RequestRecord,
  TallymeshError,
} from '@tallymesh/core'
import { Fields } from './fields.ts'

/** The first field of the first line: what the file is. */
export const FORMAT = 'tallymesh-export'
/** Raised when a reader of this one could no longer read it. */
export const VERSION = 1

/** Request records on a line, so that a line stays short however hot its key is. */
export const RECORDS_A_LINE = 500
/** Numbers of records that stay on a line. */
export const KEPT_A_LINE = 5000

/** Where an export is from. */
export interface Header {
  readonly namespace: string
  readonly peer: string
}

/** A slot with its key, its owner and its request records: the unit that is joined. */
export interface ExportedSlot {
  readonly replica: string
  readonly key: string
  readonly first: number
  readonly seq: number
  readonly ops: number
  readonly total: number | bigint
  readonly requests: readonly RequestRecord[]
}

/** What an export holds. */
export interface Counts {
  readonly counters: number
  readonly slots: number
  readonly requests: number
}

/** A line as it was read. */
export type Line =
  | { readonly kind: 'header'; readonly header: Header }
  | { readonly kind: 'slot'; readonly slot: ExportedSlot }
  | { readonly kind: 'floor'; readonly floor: ReplicaFloor }
  /** More records that the floor before keeps. */
  | { readonly kind: 'kept'; readonly kept: readonly number[] }
  /** More requests of the slot before. */
  | { readonly kind: 'requests'; readonly requests: readonly RequestRecord[] }
  /** The last line; `lines` counts it too. */
  | { readonly kind: 'end'; readonly lines: number; readonly counts: Counts }

// Writing

export const headerLine = ({ namespace, peer }: Header): string =>
  JSON.stringify({ format: FORMAT, version: VERSION, namespace, peer })

/** One line, and more where there are many requests. */
export function* slotLines(slot: ExportedSlot): Generator<string, void, undefined> {
  const { key, replica, first, seq, ops, total, requests } = slot
  const head = { key, replica, first, seq, ops, total: total.toString() }
  if (requests.length === 0) return yield JSON.stringify(head)
  for (let from = 0; from < requests.length; from += RECORDS_A_LINE) {
    const part = requests.slice(from, from + RECORDS_A_LINE).map(written)
    yield JSON.stringify({ ...(from === 0 && head), requests: part })
  }
}

/** One line, and more where many records stay. */
export function* floorLines({ replica, floor }: ReplicaFloor): Generator<string, void, undefined> {
  const { at, upTo, kept } = floor
  yield JSON.stringify({ floor: { replica, at, upTo }, kept: kept.slice(0, KEPT_A_LINE) })
  for (let from = KEPT_A_LINE; from < kept.length; from += KEPT_A_LINE)
    yield JSON.stringify({ kept: kept.slice(from, from + KEPT_A_LINE) })
}

const written = ({ hash, amount, seq, ops }: RequestRecord): object => ({
  hash: Buffer.from(hash, 'latin1').toString('hex'),
  amount: amount.toString(),
  seq,
  ...(ops > 1 && { ops }),
})

export const endLine = ({ counters, slots, requests }: Counts, lines: number): string =>
  JSON.stringify({ end: { lines, counters, slots, requests } })

// Reading

/**
 * Reads a line, and checks all that can be told from it alone.
 *
 * @throws {TallymeshError} `ERR_MALFORMED`
 */
export const readLine = (text: string): Line => {
  const fields = Fields.parse(text)
  if (fields.has('format')) return readHeader(fields)
  if (fields.has('key')) return readSlot(fields)
  if (fields.has('floor')) return readFloor(fields)
  if (fields.has('kept')) return readKept(fields)
  if (fields.has('requests')) return readMore(fields)
  if (fields.has('end')) return readEnd(fields)
  throw malformed(
    'it is none of an export: it has no "format", "key", "requests", "floor", "kept" or "end"',
  )
}

const readHeader = (fields: Fields): Line => {
  if (fields.text('format') !== FORMAT) throw fields.wrong('format', `"${FORMAT}"`)
  if (fields.value('version') !== VERSION)
    throw fields.wrong('version', `${VERSION}, the only one that this program reads`)
  const header = { namespace: fields.text('namespace'), peer: fields.text('peer') }
  fields.noMoreThan('format', 'version', 'namespace', 'peer')
  return { kind: 'header', header }
}

const readSlot = (fields: Fields): Line => {
  fields.noMoreThan('key', 'replica', 'first', 'seq', 'ops', 'total', 'requests')
  const first = fields.whole('first', 1, LIMITS.seq)
  const seq = fields.whole('seq', first, LIMITS.seq)
  // The first and the last increment are two, where they are not one.
  const ops = first === seq ? fields.whole('ops', 1, 1) : fields.whole('ops', 2, seq - first + 1)
  const slot = {
    key: fields.checked('key', checkKey),
    replica: fields.checked('replica', checkReplica),
    first,
    seq,
    ops,
    total: readAmount(fields, 'total'),
    requests: fields.has('requests') ? readRequests(fields) : [],
  }
  return { kind: 'slot', slot }
}

const readFloor = (line: Fields): Line => {
  line.noMoreThan('floor', 'kept')
  const fields = line.object('floor')
  fields.noMoreThan('replica', 'at', 'upTo')
  const at = fields.whole('at', 2, LIMITS.seq)
  const floor = { at, upTo: fields.whole('upTo', 1, at - 1), kept: readNumbers(line) }
  return { kind: 'floor', floor: { replica: fields.checked('replica', checkReplica), floor } }
}

const readKept = (fields: Fields): Line => {
  fields.noMoreThan('kept')
  const kept = readNumbers(fields)
  if (kept.length === 0) throw fields.wrong('kept', 'at least one number')
  return { kind: 'kept', kept }
}

const readNumbers = (fields: Fields): number[] => {
  const numbers = fields.value('kept')
  const isOne = (value: unknown): value is number =>
    Number.isSafeInteger(value) && Number(value) > 0
  if (Array.isArray(numbers) && numbers.length <= KEPT_A_LINE && numbers.every(isOne))
    return numbers
  throw fields.wrong('kept', `an array of at most ${KEPT_A_LINE} operation numbers`)
}

const readMore = (fields: Fields): Line => {
  fields.noMoreThan('requests')
  return { kind: 'requests', requests: readRequests(fields) }
}

const readRequests = (fields: Fields): RequestRecord[] => {
  const requests = fields.list('requests').map(readRequest)
  if (requests.length === 0 || requests.length > RECORDS_A_LINE)
    throw fields.wrong('requests', `an array of 1 to ${RECORDS_A_LINE} records`)
  return requests
}

const readRequest = (fields: Fields): RequestRecord => {
  fields.noMoreThan('hash', 'amount', 'seq', 'ops')
  const seq = fields.whole('seq', 1, LIMITS.seq)
  return {
    hash: readHash(fields),
    amount: readAmount(fields, 'amount'),
    seq,
    ops: fields.has('ops') ? fields.whole('ops', 2, seq) : 1,
  }
}

const HASH = new RegExp(`^[0-9a-f]{${2 * REQUEST_HASH_BYTES}}$`)

const readHash = (fields: Fields): string => {
  const text = fields.value('hash')
  if (typeof text === 'string' && HASH.test(text))
    return Buffer.from(text, 'hex').toString('latin1')
  throw fields.wrong('hash', `${2 * REQUEST_HASH_BYTES} hexadecimal digits in lower case`)
}

/** As many digits as 1,024 bits have. */
const DECIMAL = /^(?:0|-?[1-9][0-9]{0,308})$/

const readAmount = (fields: Fields, name: string): number | bigint => {
  const text = fields.value(name)
  if (typeof text !== 'string' || !DECIMAL.test(text))
    throw fields.wrong(name, 'a string of decimal digits such as "5" or "-12"')
  return fields.checked(name, () => checkAmount(BigInt(text)))
}

const readEnd = (line: Fields): Line => {
  line.noMoreThan('end')
  const fields = line.object('end')
  fields.noMoreThan('lines', 'counters', 'slots', 'requests')
  const whole = (name: string): number => fields.whole(name, 0, Number.MAX_SAFE_INTEGER)
  const counts = {
    counters: whole('counters'),
    slots: whole('slots'),
    requests: whole('requests'),
  }
  return { kind: 'end', lines: whole('lines'), counts }
}

/** The error of all that is no export. */
export const malformed = (message: string): TallymeshError =>
  new TallymeshError('ERR_MALFORMED', message)
