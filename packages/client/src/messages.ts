// What is asked of a peer: paths, queries and bodies.

/** How far an increment must have come, and whom a read must ask: this peer, a majority, all members. */
export type Level = 'local' | 'quorum' | 'all'

/** One HTTP request, but for the peer it goes to. */
export interface Message {
  /** Below the peer's URL. */
  readonly path: string
  /** JSON to POST; a GET without. */
  readonly body?: string
}

/** An increment as it goes over the wire. */
export interface Item {
  readonly key: string
  /** Decimal. */
  readonly value: string
  readonly requestId: string
}

/** How strong a call is; the time is how long the peer may wait for the others. Milliseconds. */
export interface Strength {
  readonly level: Level | undefined
  readonly quorumMs: number
}

/** URLs fold these away, encoded or not. */
export const hasNoPath = (key: string): boolean => key === '.' || key === '..'

const counterPath = (key: string): string => `v1/counters/${encodeURIComponent(key)}`

const post = (path: string, fields: object, { level, quorumMs }: Strength): Message => ({
  path,
  body: JSON.stringify({
    ...fields,
    ...(level !== undefined && { ack: level }),
    ...(isStrong(level) && { timeoutMs: quorumMs }),
  }),
})

/** Whether others are waited for; a local call has no use for a time limit. */
const isStrong = (level: Level | undefined): boolean => level !== undefined && level !== 'local'

const query = (fields: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(fields).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

export const incrementMessage = ({ key, ...fields }: Item, strength: Strength): Message =>
  post(`${counterPath(key)}/increment`, fields, strength)

export const countMessage = ({ value, requestId }: Item, strength: Strength): Message =>
  post('v1/count/increment', { value, requestId }, strength)

export const batchMessage = (increments: readonly Item[], strength: Strength): Message =>
  post('v1/increments', { increments }, strength)

export const readMessage = (key: string, { level, quorumMs }: Strength): Message => ({
  path: `${counterPath(key)}${query({
    consistency: level,
    timeoutMs: isStrong(level) ? quorumMs.toString() : undefined,
  })}`,
})

export const importMessage = (anyNamespace: boolean): Message => ({
  path: `v1/import${query({ anyNamespace: anyNamespace ? 'true' : undefined })}`,
})

export interface ListFields {
  readonly prefix?: string | undefined
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

export const listMessage = ({ prefix, after, limit }: ListFields): Message => ({
  path: `v1/counters${query({ prefix: prefix || undefined, limit: limit?.toString(), after })}`,
})
