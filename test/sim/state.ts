// A replica's whole state as text, so that two that hold the same can be seen to.
import { decodeState } from '@tallymesh/core'
import type { CounterService } from '@tallymesh/sync'

/** A line for each slot, in order: replica, key, numbers, requests. */
export const linesOf = (service: CounterService): string[] =>
  decodeState(service.encode())
    .flatMap(({ replica, units }) =>
      units.map(({ key, first, seq, ops, total, requests }) =>
        [
          replica,
          JSON.stringify(key),
          `${first}..${seq}`,
          `${ops} ops`,
          `total ${total}`,
          ...requests.map((request) => `${request.seq}:${hex(request.hash)}:${request.amount}`),
        ].join(' '),
      ),
    )
    .sort()

const hex = (hash: string): string =>
  Array.from(hash, (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('')
