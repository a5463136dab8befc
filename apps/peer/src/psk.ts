// The pre-shared key of a cluster: 32 random bytes, in the format that libp2p calls a swarm key.
import { generateKey } from '@libp2p/pnet'
import { createSecret, readSecret, type Secret } from './secret-file.ts'

/** Three lines: the format's name, the encoding, and 64 hex digits. */
const KEY_BYTES = 95
const FORMAT = /^\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n[0-9a-fA-F]{64}\s*$/

/** @throws where there is a file of this name already, or none can be made */
export const createPsk = async (file: string): Promise<void> => {
  const key = new Uint8Array(KEY_BYTES)
  generateKey(key)
  try {
    await createSecret(file, key)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' ? 'there is such a file already, and it stays as it is' : code
    throw new Error(`can not make the key ${file}: ${why}`, { cause: error })
  }
}

/** @throws where the file can not be read, is open to everyone, or holds no key */
export const readPsk = async (file: string): Promise<Secret> => {
  const secret = await readSecret(file, 'the pre-shared key').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(
      `there is no pre-shared key ${file}: make one with "tallymesh key new ${file}", and copy it to every peer of the cluster`,
      { cause: error },
    )
  })
  if (FORMAT.test(secret.bytes.toString('latin1'))) return secret
  throw new Error(
    `${file} is no pre-shared key, such as "tallymesh key new FILE" makes: it begins with the line /key/swarm/psk/1.0.0/`,
  )
}
