// The peer's private key: made on first use, kept in a file that only its owner can read.
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createSecret, readSecret } from './secret-file.ts'

export interface Identity {
  readonly privateKey: PrivateKey
  readonly peerId: string
  /** True where others of its owner's group may read the file. */
  readonly exposed: boolean
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
const exists = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST'

const read = async (file: string): Promise<Identity> => {
  const { bytes, groupMay } = await readSecret(file, 'the private key')
  try {
    const privateKey = privateKeyFromProtobuf(bytes)
    const peerId = peerIdFromPrivateKey(privateKey).toString()
    return { privateKey, peerId, exposed: groupMay }
  } catch (error) {
    throw new Error(
      `the identity in ${file} is damaged: it is not a libp2p private key. Restore the file from a backup; or move it away, and the peer takes a new id`,
      { cause: error },
    )
  }
}

/** Of two processes that start on a new folder together, one makes the key and both use it. */
const create = async (file: string): Promise<void> => {
  try {
    await createSecret(file, privateKeyToProtobuf(await generateKeyPair('Ed25519')))
  } catch (error) {
    if (!exists(error)) throw error
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
