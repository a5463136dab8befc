// What the service gives, as JSON can carry it: values are decimal strings.
import type { Counter, IncrementResult } from '@tallymesh/sync'

export interface CounterReply {
  readonly key: string
  readonly value: string
  readonly ops: number
}

export interface IncrementReply extends CounterReply {
  readonly replica: string
  readonly seq: number
  readonly duplicate: boolean
}

export const toCounterReply = ({ key, value, ops }: Counter): CounterReply => ({
  key,
  value: value.toString(),
  ops,
})

export const toIncrementReply = (result: IncrementResult): IncrementReply => ({
  ...toCounterReply(result),
  replica: result.replica,
  seq: result.seq,
  duplicate: result.duplicate,
})
