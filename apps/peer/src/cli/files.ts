// Where an export goes, and where an import comes from: a file, or stdout and stdin.
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import type { Io } from './io.ts'

/** By custom, stdout and stdin. */
const isStandard = (file: string | undefined): file is undefined | '-' =>
  file === undefined || file === '-'

export interface Destination {
  /** For people. */
  readonly name: string
  write(bytes: Uint8Array): Promise<void>
  /** All of it was written. */
  finish(): Promise<void>
  /** What was written is worth nothing. */
  abandon(): Promise<void>
}

const fileError = (does: string, file: string, error: unknown): Error => {
  const { code = '', message } = error as NodeJS.ErrnoException
  return new Error(`can not ${does} ${file}: ${code || message}`, { cause: error })
}

const toStdout = (io: Io): Destination => ({
  name: 'stdout',
  async write(bytes) {
    try {
      await io.write(bytes)
    } catch (error) {
      throw new Error('stdout was closed before the export was whole', { cause: error })
    }
  },
  finish: async () => undefined,
  abandon: async () => undefined,
})

/** Devices and pipes take it as it comes: nobody can put another file in their place. */
const isSpecial = async (file: string): Promise<boolean> => {
  const found = await stat(file).catch(() => undefined)
  return found !== undefined && !found.isFile()
}

/** Under another name until it is whole, so that a broken export never takes a good one's place. */
const toFile = async (file: string): Promise<Destination> => {
  const draft = (await isSpecial(file)) ? file : `${file}.part-${process.pid}`
  const handle = await tried('write', file, () => open(draft, 'w'))
  return {
    name: file,
    write: (bytes) => tried('write', file, () => writeAll(handle, bytes)),
    finish: () =>
      tried('write', file, async () => {
        if (draft !== file) await handle.sync()
        await handle.close()
        if (draft !== file) await rename(draft, file)
      }),
    async abandon() {
      await handle.close()
      if (draft !== file) await rm(draft, { force: true })
    },
  }
}

const tried = async <T>(does: string, file: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw fileError(does, file, error)
  }
}

const writeAll = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten
}

export const openDestination = async (io: Io, file: string | undefined): Promise<Destination> =>
  isStandard(file) ? toStdout(io) : toFile(file)

async function* readFile(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const piece of createReadStream(file)) yield piece as Buffer
  } catch (error) {
    throw fileError('read', file, error)
  }
}

/** A file can be read again, for another attempt; stdin can not. */
export const openSource = async (
  io: Io,
  file: string | undefined,
): Promise<AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>)> => {
  if (isStandard(file)) return io.read()
  // Before any peer is asked.
  await tried('read', file, async () => (await open(file)).close())
  return () => readFile(file)
}
