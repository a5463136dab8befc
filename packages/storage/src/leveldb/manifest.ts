// LevelDB's MANIFEST: which tables make up the store, and from which log on there is more.
import { Cursor } from './cursor.ts'

export interface Manifest {
  /** Bytes of each table that is in use, by number. */
  readonly tables: ReadonlyMap<number, number>
  /** Logs of this number and above hold what is in no table. The one of this number is there. */
  readonly log: number
}

/** What a record of a MANIFEST says, by number (version_edit.cc). */
const COMPARATOR = 1
const LOG = 2
const NEXT_FILE = 3
const LAST_SEQUENCE = 4
const COMPACT_POINTER = 5
const DELETED_TABLE = 6
const NEW_TABLE = 7
const PREVIOUS_LOG = 9

/** @throws {RangeError} */
export const readManifest = (records: readonly Uint8Array[]): Manifest => {
  // A table that moves to another level is deleted from one, and new in the other.
  const tables = new Map<string, { number: number; size: number }>()
  let log: number | undefined
  for (const record of records)
    for (const cursor = new Cursor(record); cursor.left > 0;)
      switch (cursor.varint()) {
        case LOG:
          log = cursor.varint()
          break
        case NEXT_FILE:
        case LAST_SEQUENCE:
        case PREVIOUS_LOG:
          cursor.varint()
          break
        case COMPARATOR:
          cursor.counted()
          break
        case COMPACT_POINTER:
          cursor.varint()
          cursor.counted()
          break
        case DELETED_TABLE:
          tables.delete(`${cursor.varint()}/${cursor.varint()}`)
          break
        case NEW_TABLE: {
          const level = cursor.varint()
          const number = cursor.varint()
          tables.set(`${level}/${number}`, { number, size: cursor.varint() })
          cursor.counted()
          cursor.counted()
          break
        }
        default:
          throw new RangeError('a MANIFEST says what is not known')
      }
  if (log === undefined) throw new RangeError('a MANIFEST names no log')
  return { log, tables: new Map([...tables.values()].map(({ number, size }) => [number, size])) }
}
