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

export async function increment(
  http: string,
  key: string,
  value: number | string = 1,
): Promise<CounterAnswer> {
  const response = await fetch(`${counterUrl(http, key)}/increment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value }),
  })
  return answer(response)
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
