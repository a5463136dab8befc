// From what a request says to what the service takes.
import { checkAmount, checkRequestId, TallymeshError } from '@tallymesh/core'
import type { Ack, IncrementOptions } from '@tallymesh/sync'
import { HTTP_LIMITS } from './limits.ts'

/** An amount as a request holds it, after the schema has seen it. */
export type AmountField = number | string

/** @throws {TallymeshError} `ERR_INVALID_ARGUMENT` for more than 1,024 bits */
export const toAmount = (value: AmountField = 1): number | bigint =>
  checkAmount(typeof value === 'string' ? BigInt(value) : value)

/** Runs a check and says at which place of the request it failed. */
export const at = <T>(place: string, check: () => T): T => {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof TallymeshError)) throw error
    throw new TallymeshError(error.code, `${place}: ${error.message}`, { cause: error })
  }
}

export interface StrongFields {
  readonly ack?: Ack
  readonly timeoutMs?: number
}

export interface IncrementFields extends StrongFields {
  readonly value?: AmountField
  readonly requestId?: string
}

export const toStrongOptions = ({
  ack = 'local',
  timeoutMs = HTTP_LIMITS.defaultTimeoutMs,
}: StrongFields): Omit<IncrementOptions, 'requestId'> => ({ ack, timeoutMs })

export const toIncrementOptions = (fields: IncrementFields): IncrementOptions => ({
  ...toStrongOptions(fields),
  ...(fields.requestId !== undefined && { requestId: checkRequestId(fields.requestId) }),
})
