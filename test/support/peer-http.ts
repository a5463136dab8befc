// A peer's HTTP API, as a test speaks it: bare fetch, so that it tests no client of ours by accident.
import { until, type UntilOptions } from './until.ts'

export interface CounterAnswer {
  readonly key: string
  /** Decimal. */
  readonly value: string
  readonly ops: number
}

const counterUrl = (http: string, key: string): string =>
  `${http}/v1/counters/${encodeURIComponent(key)}`

async function answer<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

export async function getCounter(http: string, key: string): Promise<CounterAnswer> {
  return answer(await fetch(counterUrl(http, key)))
}

/** Sends a body as it stands. */
export function postJson(url: string, body: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

/** The key `count` goes by the single counter's own route. */
const incrementUrl = (http: string, key: string): string =>
  key === 'count' ? `${http}/v1/count/increment` : `${counterUrl(http, key)}/increment`

export async function increment(
  http: string,
  key: string,
  value: number | string = 1,
): Promise<Omit<CounterAnswer, 'key'>> {
  return answer(await postJson(incrementUrl(http, key), JSON.stringify({ value })))
}

/** All counters, as far as they fit a page of 1,000. */
export async function listCounters(http: string): Promise<CounterAnswer[]> {
  const page = await answer<{ counters: CounterAnswer[] }>(
    await fetch(`${http}/v1/counters?limit=1000`),
  )
  return page.counters
}

export interface StatusAnswer {
  readonly replica: string
  /** The replica's own operation number. */
  readonly seq: number
  /** Equal where states are. */
  readonly root: string
  readonly counters: number
  /** How many replica ids have counted. */
  readonly replicas: number
  /** Whether its replica id is proven. */
  readonly verified: boolean
  /** Records that were set aside. */
  readonly damaged: number
}

/** How a peer stands to the members. */
export interface ReachAnswer {
  readonly reachability: 'connected' | 'partitioned' | 'isolated'
  readonly forMs: number
  readonly reached: readonly string[]
  readonly missed: readonly { readonly member: string; readonly forMs: number }[]
  readonly hasQuorum: boolean
  readonly healed: { readonly member: string; readonly received: number } | null
}

export interface MemberStatusAnswer extends StatusAnswer {
  readonly hasQuorum: boolean
  readonly reach: ReachAnswer
  readonly peers: readonly { readonly peer: string; readonly clockOffsetMs: number | null }[]
}

export async function status(http: string): Promise<StatusAnswer> {
  return answer(await fetch(`${http}/v1/status`))
}

/** Waits until a peer reports this value. */
export async function untilValue(
  http: string,
  key: string,
  value: bigint,
  options?: UntilOptions,
): Promise<void> {
  const what = `${key} is ${value} at ${http}`
  await until(what, async () => (await getCounter(http, key)).value === `${value}`, options)
}
