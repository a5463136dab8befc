// Reads a file of which the disk may refuse a part.
import { open, type FileHandle } from 'node:fs/promises'

/** What a disk or a file system refuses at once, at least. */
const PIECE_BYTES = 4096

/** All bytes of a file, with zeros where the disk gives none. */
export const readAll = async (path: string): Promise<Uint8Array> => {
  await using file = await open(path, 'r')
  try {
    return await file.readFile()
  } catch (error) {
    if (!isRefusal(error)) throw error
    return readInPieces(file)
  }
}

const readInPieces = async (file: FileHandle): Promise<Uint8Array> => {
  const { size } = await file.stat()
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += PIECE_BYTES)
    try {
      await file.read(bytes, at, Math.min(PIECE_BYTES, size - at), at)
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  return bytes
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EIO'
