// What a peer answers, checked: each of these gives undefined for what no peer would say.
import type { Level } from './messages.ts'

/** A counter that belongs to no key of its own: the shared one. */
export interface Count {
  readonly value: bigint
  /** How many increments it has had. */
  readonly ops: number
}

export interface Counter extends Count {
  readonly key: string
}

export interface IncrementResult extends Counter {
  /** The replica that recorded it. */
  readonly replica: string
  /** That replica's operation number. */
  readonly seq: number
  /** Whether an earlier attempt had counted already, and this one changed nothing. */
  readonly duplicate: boolean
}

export interface ReadResult extends Counter {
  readonly consistency: Level
}

/** What an import held and did. */
export interface ImportResult {
  readonly counters: number
  readonly slots: number
  /** How many counters it changed at the peer. */
  readonly changed: number
}

export interface Page {
  /** In the order of their keys (UTF-8 bytes). */
  readonly counters: readonly Counter[]
  /** The last key, where there are more. */
  readonly after?: string
}

/** How a peer is. It says more than is named here. */
export interface Status {
  readonly replica: string
  readonly peerId: string
  readonly namespace: string
  readonly version: string
  /** Where its HTTP API is reached. */
  readonly http: string
  /** Where peers and tabs reach it: multiaddrs. */
  readonly listen: readonly string[]
  readonly uptimeMs: number
  /** Equal where states are. */
  readonly root: string
  readonly [more: string]: unknown
}

/** Reads a reply's JSON. */
export type Reader<T> = (body: Fields) => T | undefined

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (body: unknown): body is Fields =>
  typeof body === 'object' && body !== null && !Array.isArray(body)

/** A total has 309 digits at most; the sum of a million replicas' has six more. */
const VALUE = /^-?(?:0|[1-9][0-9]{0,399})$/
const LEVELS: readonly unknown[] = ['local', 'quorum', 'all'] satisfies Level[]

const isText = (field: unknown): field is string => typeof field === 'string'
export const isWhole = (field: unknown): field is number =>
  Number.isSafeInteger(field) && Number(field) >= 0

export const readCount: Reader<Count> = ({ value, ops }) =>
  isText(value) && VALUE.test(value) && isWhole(ops) ? { value: BigInt(value), ops } : undefined

const readCounter: Reader<Counter> = (body) => {
  const count = readCount(body)
  return count && isText(body['key']) ? { key: body['key'], ...count } : undefined
}

/** The counter that was asked for, and no other. */
const readOwn = (key: string, body: Fields): Counter | undefined => {
  const counter = readCounter(body)
  return counter?.key === key ? counter : undefined
}

export const readIncrement =
  (key: string): Reader<IncrementResult> =>
  (body) => {
    const counter = readOwn(key, body)
    const { replica, seq, duplicate } = body
    return counter && isText(replica) && isWhole(seq) && typeof duplicate === 'boolean'
      ? { ...counter, replica, seq, duplicate }
      : undefined
  }

/** One read of each, or nothing at all. */
const readAll = <T>(
  items: unknown,
  read: (body: Fields, at: number) => T | undefined,
): T[] | undefined => {
  if (!Array.isArray(items)) return undefined
  const all = items.map((item: unknown, at) => (isFields(item) ? read(item, at) : undefined))
  return all.every((item) => item !== undefined) ? all : undefined
}

export const readIncrements =
  (keys: readonly string[]): Reader<IncrementResult[]> =>
  ({ results }) => {
    const all = readAll(results, (body, at) => readIncrement(keys[at] ?? '')(body))
    return all?.length === keys.length ? all : undefined
  }

export const readValue =
  (key: string): Reader<ReadResult> =>
  (body) => {
    const counter = readOwn(key, body)
    const { consistency } = body
    return counter && LEVELS.includes(consistency)
      ? { ...counter, consistency: consistency as Level }
      : undefined
  }

export const readPage: Reader<Page> = ({ counters, after }) => {
  const all = readAll(counters, readCounter)
  if (after === undefined) return all && { counters: all }
  // A reader that goes on from a page's own last key never goes in circles.
  return isText(after) && all?.at(-1)?.key === after ? { counters: all, after } : undefined
}

/** A peer that is not ready does not answer like this. */
export const readReady: Reader<true> = ({ status }) => (status === 'ready' ? true : undefined)

export const readImport: Reader<ImportResult> = ({ counters, slots, changed }) =>
  isWhole(counters) && isWhole(slots) && isWhole(changed) ? { counters, slots, changed } : undefined

export const readStatus: Reader<Status> = (body) => {
  const { replica, peerId, namespace, version, http, listen, uptimeMs, root } = body
  const named = [replica, peerId, namespace, version, http, root].every(isText)
  return named && isWhole(uptimeMs) && Array.isArray(listen) && listen.every(isText)
    ? (body as Status)
    : undefined
}
