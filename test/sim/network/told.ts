// What a message on a stream tells of: the deltas in it, whatever its type.
import type { Delta } from '@tallymesh/core'
import { decodeMessage } from '../../../packages/sync/src/messages.ts'

export const deltasIn = (message: Uint8Array): readonly Delta[] => {
  const received = decodeMessage(message)
  if (received.type === 'slots') return received.deltas
  // What is signed comes from outside: nobody's disk need hold it.
  return received.type === 'begin' || received.type === 'descent'
    ? [...received.turn.offers, ...received.turn.replies]
    : []
}
