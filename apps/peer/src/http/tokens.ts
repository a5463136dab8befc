// Bearer tokens (RFC 6750): who may read, and who may count.
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'

/** `write` may read, too. */
export type Scope = 'read' | 'write'

interface Token {
  readonly scope: Scope
  readonly digest: Buffer
}

/** Shorter ones can be guessed: 16 random characters of base64 are 96 bits. */
const LEAST_CHARS = 16
const MOST_CHARS = 512
/** Tokens in one file: each is compared at every request. */
const MOST_TOKENS = 1000

const FORMAT =
  'a line is "read TOKEN" or "write TOKEN" (write may read, too), a comment that begins with #, or empty'

const SHAPE = new RegExp(`^[A-Za-z0-9._~+/-]{${LEAST_CHARS},${MOST_CHARS}}=*$`)

/** Of equal length whatever the token, so that they can be compared in constant time. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

export class Tokens {
  readonly #tokens: readonly Token[]

  private constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /**
   * Reads the lines of a token file. What is wrong is told by its line, never by its content.
   *
   * @throws {Error}
   */
  static parse(text: string): Tokens {
    const tokens = text.split(/\r?\n/).flatMap((line, index) => parseLine(line, index + 1))
    if (tokens.length === 0) throw new Error(`it has no token: ${FORMAT}`)
    if (tokens.length > MOST_TOKENS) throw new Error(`it has more than ${MOST_TOKENS} tokens`)
    const distinct = new Set(tokens.map(({ digest }) => digest.toString('hex')))
    if (distinct.size < tokens.length)
      throw new Error('it has a token twice: give each holder, and each scope, its own')
    return new Tokens(tokens)
  }

  /** What the holder of a token may do; undefined for one that is not known. */
  scopeOf(token: string): Scope | undefined {
    const digest = digestOf(token)
    let scope: Scope | undefined
    // All of them, however soon one fits: the time tells nothing.
    for (const known of this.#tokens) if (timingSafeEqual(known.digest, digest)) scope = known.scope
    return scope
  }
}

const parseLine = (line: string, number: number): Token[] => {
  const text = line.trim()
  if (text === '' || text.startsWith('#')) return []
  const [scope, token = '', ...rest] = text.split(/\s+/)
  if ((scope !== 'read' && scope !== 'write') || token === '' || rest.length > 0)
    throw new Error(`line ${number} is none of it: ${FORMAT}`)
  if (!SHAPE.test(token))
    throw new Error(
      `line ${number}: a token has ${LEAST_CHARS} to ${MOST_CHARS} characters of A-Z a-z 0-9 . _ ~ + / - (such as "openssl rand -hex 32" prints)`,
    )
  return [{ scope, digest: digestOf(token) }]
}

export interface TokenFile {
  readonly tokens: Tokens
  /** True where others than its owner may read the file. */
  readonly exposed: boolean
}

/** @throws {Error} for a file that can not be read, or that is not of its format */
export const readTokens = async (file: string): Promise<TokenFile> => {
  try {
    const tokens = Tokens.parse(await readFile(file, 'utf8'))
    const { mode } = await stat(file)
    return { tokens, exposed: (mode & 0o077) !== 0 }
  } catch (error) {
    throw new Error(`the token file ${file}: ${(error as Error).message}`, { cause: error })
  }
}
