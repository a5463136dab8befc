// What a node's disk holds of its own writing, under whichever of its ids: the engine is not asked.
import { RecordCodec } from '@tallymesh/storage'
import { peerOf } from '../../packages/sync/src/handing-on.ts'
import type { SlotSum } from './ledger.ts'
import type { SimNode } from './sim-node.ts'

export interface OwnRecords {
  readonly ops: number
  /** By key. */
  readonly sums: ReadonlyMap<string, SlotSum>
  /** By hash, key and amount: under which operation of which id. */
  readonly requests: ReadonlyMap<string, { readonly replica: string; readonly seq: number }>
}

export const ownOf = ({ disk, peer }: SimNode): OwnRecords => {
  const codec = new RecordCodec()
  // In this order, replicas come before what is theirs, and slots before their requests.
  const records = [...disk.records].sort(([a], [b]) => rank(a) - rank(b))
  const sums = new Map<string, SlotSum>()
  const keys = new Map<string, string>()
  const requests = new Map<string, { replica: string; seq: number }>()
  let all = 0
  for (const [id, bytes] of records) {
    const decoded = codec.decode({ id, bytes })
    if (decoded.kind !== 'slot' && decoded.kind !== 'request') continue
    const { replica } = decoded
    if (peerOf(replica) !== peer) continue
    if (decoded.kind === 'slot') {
      const { key, slot } = decoded
      const sum = sums.get(key) ?? { ops: 0, total: 0n }
      sums.set(key, { ops: sum.ops + slot.ops, total: sum.total + BigInt(slot.total) })
      keys.set(`${replica} ${slot.first}`, key)
      all += slot.ops
    } else {
      const { hash, amount, seq } = decoded.record
      const key = keys.get(`${replica} ${decoded.first}`)
      requests.set(`${hash}/${key}/${amount}`, { replica, seq })
    }
  }
  return { ops: all, sums, requests }
}

const rank = (id: string): number => ['r/', 's/', 'q/'].indexOf(id.slice(0, 2))
