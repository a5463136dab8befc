// How many commits were acknowledged, noted beside the store: for a log of which the end is gone.
//
// LevelDB takes a log that ends in the middle of a write, or in bytes that do not read, for one that a
// crash cut off, and it can not do otherwise. The note tells: it is written after each commit, into the
// system's cache and not through to the disk, which takes some 4 µs of CPU. So it outlives the process, and is on
// the disk within seconds; after a power cut it may be behind, and then it tells nothing. It is never
// ahead of the store, unless the store is not what it was: its end damaged, or older files put back.
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { seal, unseal } from './checksum.ts'

/** Also its seal's id. */
const FILE = 'commits'

const COUNT_BYTES = 8

export class CommitNote {
  readonly #path: string
  #file: number | undefined

  constructor(folder: string) {
    this.#path = join(folder, FILE)
  }

  /** 0 where there is no note that reads. */
  read(): number {
    try {
      const count = unseal(FILE, readFileSync(this.#path))
      return count?.length === COUNT_BYTES ? decodeCount(count) : 0
    } catch {
      return 0
    }
  }

  /** A note that can not be written is one that tells less: never a reason to refuse a commit. */
  write(count: number): void {
    try {
      // Not emptied: to write over what is there takes no room on a full disk.
      this.#file ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600)
      writeSync(this.#file, seal(FILE, encodeCount(count)), 0, undefined, 0)
    } catch {
      this.close()
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}

export const encodeCount = (count: number): Uint8Array => {
  const bytes = Buffer.alloc(COUNT_BYTES)
  bytes.writeBigUInt64LE(BigInt(count))
  return bytes
}

/** Of what encodeCount made. */
export const decodeCount = (bytes: Uint8Array): number =>
  Number(Buffer.from(bytes).readBigUInt64LE())
