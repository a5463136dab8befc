// The peer's private key: made on first use, kept in a file that only its owner can read.
import { randomUUID } from 'node:crypto'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'

export interface Identity {
  readonly privateKey: PrivateKey
  readonly peerId: string
  /** True where others than its owner may read the file. */
  readonly exposed: boolean
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
const exists = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST'

const read = async (file: string): Promise<Identity> => {
  const bytes = await readFile(file)
  const { mode } = await stat(file)
  try {
    const privateKey = privateKeyFromProtobuf(bytes)
    const peerId = peerIdFromPrivateKey(privateKey).toString()
    return { privateKey, peerId, exposed: (mode & 0o077) !== 0 }
  } catch (error) {
    throw new Error(
      `the identity in ${file} is damaged: it is not a libp2p private key. Restore the file from a backup; or move it away, and the peer takes a new id`,
      { cause: error },
    )
  }
}

const writeDurably = async (file: string, bytes: Uint8Array): Promise<void> => {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Puts a new key in place whole. `link` refuses an existing name, so of two processes that start on
 * a new folder together, one makes the key and both use it.
 */
const create = async (file: string): Promise<void> => {
  const draft = `${file}.${randomUUID()}`
  try {
    await writeDurably(draft, privateKeyToProtobuf(await generateKeyPair('Ed25519')))
    await link(draft, file)
    await syncFolder(dirname(file))
  } catch (error) {
    if (!exists(error)) throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** @throws if the file can not be read, written, or is no key */
export const loadOrCreateIdentity = async (file: string): Promise<Identity> => {
  try {
    return await read(file)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  await create(file)
  return read(file)
}
