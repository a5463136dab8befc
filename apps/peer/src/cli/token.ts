// The token that a command shows to a peer: from a file, since a command line is for all to see.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Option } from 'commander'
import { UsageError } from '../usage-error.ts'

export const clientTokenOption = (): Option =>
  new Option(
    '--token <file>',
    'the token to show to the peer: a file with it alone, or one such as "tallymesh peer --token" takes',
  )
    .env('TALLYMESH_TOKEN')
    .argParser((text: string) => resolve(text))

/**
 * Of a file for a peer, the first token that may write, or else the first one.
 *
 * @throws {UsageError}
 */
export const readClientToken = (file: string): string => {
  const lines = readLines(file)
  const tokens = lines.map((line) => line.split(/\s+/)).map(([scope, token]) => ({ scope, token }))
  const bare = tokens.find(({ token }) => token === undefined)
  const best = tokens.find(({ scope }) => scope === 'write') ?? tokens[0]
  const token = bare?.scope ?? best?.token
  if (token !== undefined) return token
  throw new UsageError(`there is no token in ${file}`)
}

const readLines = (file: string): string[] => {
  try {
    return readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
  } catch (error) {
    throw new UsageError(`can not read the token file ${file}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
