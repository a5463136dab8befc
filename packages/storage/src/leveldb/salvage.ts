// Every entry that can still be read of a damaged LevelDB, the latest of each id.
import { join } from 'node:path'
import { unseal } from '../checksum.ts'
import { type Entry, entriesOfBatch, entryOf, pairsOf, pairsOfDamaged } from './entries.ts'
import { readAll } from './file.ts'
import type { Contents } from './folder.ts'
import { readLog } from './log.ts'
import { type Block, contentOf, readTable } from './table.ts'

/** The latest value of each id, in memory: that is for once, and about 200 bytes for a record. */
export const salvage = async (
  folder: string,
  { tables, logs }: Contents,
): Promise<Map<string, Uint8Array>> => {
  const latest = new Map<string, Entry>()
  const take = (entry: Entry): void => {
    const other = latest.get(entry.id)
    if (other === undefined || other.sequence <= entry.sequence) latest.set(entry.id, entry)
  }
  for (const name of tables)
    for (const entry of entriesOfTable(await readAll(join(folder, name)))) take(entry)
  for (const name of logs)
    for (const record of readLog(await readAll(join(folder, name))).records)
      for (const entry of entriesOfBatch(record)) take(entry)
  const values = new Map<string, Uint8Array>()
  for (const [id, { value }] of latest) if (value !== undefined) values.set(id, value)
  return values
}

function* entriesOfTable(bytes: Uint8Array): Generator<Entry, void, undefined> {
  const { blocks, indexIsWhole } = readTable(bytes)
  for (const block of blocks)
    if (block.isWhole && indexIsWhole)
      for (const pair of pairsOf(contentOf(block))) yield entryOf(pair)
    else yield* sealedEntriesOf(block)
}

/**
 * Of a damaged block, or one that may not hold entries at all: those whose own seal holds. (The order
 * of writing and deletions are not under a seal. A wrong one brings back a record as it once was; and
 * that something is wrong is told.)
 */
function* sealedEntriesOf(block: Block): Generator<Entry, void, undefined> {
  for (const pair of pairsOfDamaged(tryContentOf(block))) {
    const entry = tryEntryOf(pair)
    if (entry?.value !== undefined && unseal(entry.id, entry.value)) yield entry
  }
}

const tryContentOf = (block: Block): Uint8Array =>
  orNothing(() => contentOf(block)) ?? new Uint8Array()

const tryEntryOf = (pair: Parameters<typeof entryOf>[0]): Entry | undefined =>
  orNothing(() => entryOf(pair))

const orNothing = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
