// What records say, whoever asks: slots and request records with their keys. The engine is not asked.
import { RecordCodec } from '@tallymesh/storage'
import type { RequestRecord, Slot } from '@tallymesh/core'
import type { Records } from './disk.ts'

export interface HeldSlot extends Slot {
  readonly replica: string
  readonly key: string
}

export interface HeldRequest extends RequestRecord {
  readonly replica: string
  readonly key: string
}

export interface Contents {
  readonly slots: readonly HeldSlot[]
  readonly requests: readonly HeldRequest[]
}

/** What can be read of it: damaged records hold nothing. */
export const contentsOf = (records: Records): Contents => {
  const codec = new RecordCodec()
  const slots: HeldSlot[] = []
  const requests: HeldRequest[] = []
  const keys = new Map<string, string>()
  // In this order, replicas come before what is theirs, and slots before their requests.
  for (const [id, bytes] of [...records].sort(([a], [b]) => rank(a) - rank(b))) {
    const decoded = codec.decode({ id, bytes })
    if (decoded.kind === 'slot') {
      const { replica, key, slot } = decoded
      slots.push({ replica, key, ...slot })
      keys.set(`${replica} ${slot.first}`, key)
    } else if (decoded.kind === 'request') {
      const { replica, first, record } = decoded
      const key = keys.get(`${replica} ${first}`)
      // Nothing has it without its slot.
      if (key !== undefined) requests.push({ replica, key, ...record })
    }
  }
  return { slots, requests }
}

const rank = (id: string): number => ['r/', 's/', 'q/'].indexOf(id.slice(0, 2))
