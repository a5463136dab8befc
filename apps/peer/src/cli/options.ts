// Options that several commands share, and the checks of what is written after them.
import { checkAmount, checkKey, checkRequestId, TallymeshError } from '@tallymesh/core'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { HTTP_LIMITS } from '../http/limits.ts'
import { UsageError } from '../usage-error.ts'
import { configOption } from './config.ts'
import { clientTokenOption, readClientToken } from './token.ts'

const DEFAULT_URL = 'http://127.0.0.1:8390'
const DEFAULT_URLS: readonly string[] = [DEFAULT_URL]

/** Runs a check and has commander say which option or argument it was about. */
export const checked =
  <T>(check: (text: string) => T) =>
  (text: string): T => {
    try {
      return check(text)
    } catch (error) {
      if (error instanceof UsageError || error instanceof TallymeshError)
        throw new InvalidArgumentError(error.message)
      throw error
    }
  }

/**
 * An option that may be given several times; its environment variable takes a list. What is given
 * replaces the default.
 */
export const repeated =
  (check: (text: string) => string, fallback: readonly string[] = []) =>
  (text: string, before: readonly string[] = fallback): string[] => [
    ...(before === fallback ? [] : before),
    ...text
      .split(/[\s,]+/)
      .filter((part) => part !== '')
      .map(checked(check)),
  ]

export const parseKey: (text: string) => string = checked(checkKey)
export const parseRequestId: (text: string) => string = checked(checkRequestId)

/** Kept as text: a number would lose digits. */
export const parseAmount: (text: string) => string = checked((text) => {
  if (text.length > HTTP_LIMITS.amountChars || !/^-?(0|[1-9][0-9]*)$/.test(text))
    throw new UsageError('an amount is a decimal integer of at most 1,024 bits, such as 5 or -12')
  checkAmount(BigInt(text))
  return text
})

export const wholeNumber = (least: number, most: number): ((text: string) => number) =>
  checked((text) => {
    const number = Number(text)
    if (/^[0-9]{1,9}$/.test(text) && number >= least && number <= most) return number
    throw new UsageError(`it is a whole number from ${least} to ${most}`)
  })

const checkUrl = (text: string): string => {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new UsageError(`a peer's URL is such as ${DEFAULT_URL}`)
  return text
}

/** What a command that talks to a peer was given. */
export interface ClientFlags {
  readonly url: readonly string[]
  /** A file. */
  readonly token?: string
  readonly retries: number
  readonly json?: true
}

/** What every command that talks to a peer takes. */
export const addClientOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--url <url>', 'the HTTP address of the peer to ask (repeat for others to try)')
        .env('TALLYMESH_URL')
        .default(DEFAULT_URLS, DEFAULT_URL)
        .argParser(repeated(checkUrl, DEFAULT_URLS)),
    )
    .addOption(
      new Option('--retries <n>', 'how many more times to try where no peer can answer')
        .env('TALLYMESH_RETRIES')
        .default(3)
        .argParser(wholeNumber(0, 1000)),
    )
    .addOption(clientTokenOption())
    .addOption(configOption())
    .addOption(jsonOption('print the reply as JSON'))

/** The token itself. */
export const tokenOf = ({ token }: ClientFlags): string | undefined =>
  token === undefined ? undefined : readClientToken(token)

export const jsonOption = (does: string): Option => new Option('--json', does).env('TALLYMESH_JSON')

export const timeoutOption = (): Option =>
  new Option('--timeout <ms>', 'how long a quorum may take')
    .env('TALLYMESH_TIMEOUT')
    .argParser(wholeNumber(1, HTTP_LIMITS.maxTimeoutMs))

export const LEVELS = ['local', 'quorum', 'all'] as const
export type Level = (typeof LEVELS)[number]

/** Examples below a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`
