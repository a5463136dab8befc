// Where a peer keeps its state, and what is in there.
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** The folder where nobody names one: the XDG base directory for user data. */
export const defaultDataFolder = (env: NodeJS.ProcessEnv = process.env): string => {
  const base = env['XDG_DATA_HOME']
  // The specification has relative paths ignored.
  return join(
    base !== undefined && isAbsolute(base) ? base : join(homedir(), '.local', 'share'),
    'tallymesh',
  )
}

export const identityFile = (data: string): string => join(data, 'identity.key')
export const storeFolder = (data: string): string => join(data, 'store')

/** Made for its owner only: it holds the peer's private key. */
export const makeDataFolder = async (data: string): Promise<void> => {
  try {
    await mkdir(data, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new Error(`the data folder ${data} can not be made: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
