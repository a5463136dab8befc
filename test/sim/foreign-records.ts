// Which records of a disk their writers have too: all but those of its own, and who is who.
import { RecordCodec } from '@tallymesh/storage'
import type { SimNode } from './sim-node.ts'

/** @param writers peer ids of those whose own disks are as they should be */
export const foreignRecords = ({ disk, peer }: SimNode, writers: ReadonlySet<string>): string[] => {
  const codec = new RecordCodec()
  const records = [...disk.records]
  for (const [id, bytes] of records) if (id.startsWith('r/')) codec.decode({ id, bytes })
  return records
    .map(([id]) => id)
    .filter((id) => !id.startsWith('r/') && !id.startsWith('m/'))
    .filter((id) => {
      const owner = codec.damaged(id, '').replica
      return owner !== undefined && owner !== peer && writers.has(owner)
    })
}
