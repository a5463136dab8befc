// What a node's disk holds of its own writing, under whichever of its ids: the engine is not asked.
import { peerOf } from '../../packages/sync/src/handing-on.ts'
import { contentsOf } from './contents.ts'
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
  const contents = contentsOf(disk.records)
  const isOwn = ({ replica }: { replica: string }): boolean => peerOf(replica) === peer
  const sums = new Map<string, SlotSum>()
  let all = 0
  for (const { key, ops, total } of contents.slots.filter(isOwn)) {
    const sum = sums.get(key) ?? { ops: 0, total: 0n }
    sums.set(key, { ops: sum.ops + ops, total: sum.total + BigInt(total) })
    all += ops
  }
  const requests = new Map(
    contents.requests
      .filter(isOwn)
      .map(({ hash, key, amount, replica, seq }) => [`${hash}/${key}/${amount}`, { replica, seq }]),
  )
  return { ops: all, sums, requests }
}
