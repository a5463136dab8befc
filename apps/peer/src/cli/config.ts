// The config file: options that stay the same, below those of the command line and the environment.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../usage-error.ts'

/** Looked for in the working directory, then, as `config.json`, in the data folder. */
const LOCAL_NAME = 'tallymesh.json'
const DATA_NAME = 'config.json'

/** Those of one call alone: each start with `--restored` takes a new replica id. */
const NEVER: ReadonlySet<string> = new Set(['config', 'restored', 'json'])

export const configOption = (): Option =>
  new Option(
    '--config <file>',
    `a JSON file of options, such as {"listen": ["/ip4/…"]} (default: ${LOCAL_NAME} here, or ${DATA_NAME} in the data folder)`,
  ).env('TALLYMESH_CONFIG')

/** Options that may be in the file: those that have an environment variable. */
const configurable = (commands: readonly Command[]): Map<string, Option> =>
  new Map(
    commands
      .flatMap(({ options }) => [...options])
      .map((option) => [option.name(), option] as const)
      .filter(([name, { envVar }]) => envVar !== undefined && !NEVER.has(name)),
  )

const all = (program: Command): Command[] => [program, ...program.commands.flatMap(all)]

/**
 * Takes from the config file what neither the command line nor the environment says.
 *
 * @throws {UsageError} for a file that is named and is not there, or that says what no command knows
 */
export const applyConfig = (program: Command, command: Command): void => {
  const found = findFile(command)
  if (found === undefined) return
  const known = configurable(all(program))
  for (const [name, value] of Object.entries(readConfig(found))) {
    if (!known.has(name)) throw wrong(found, unknown(name, [...known.keys()]))
    const option = command.options.find((each) => each.name() === name)
    // Of another command: it is checked where it is used.
    if (option !== undefined) apply(found, command, option, value)
  }
}

const findFile = (command: Command): string | undefined => {
  const { config, data } = command.opts<{ config?: string; data?: string }>()
  if (config !== undefined) return config
  const places = [LOCAL_NAME, ...(data === undefined ? [] : [join(data, DATA_NAME)])]
  return places.find((file) => read(file) !== undefined)
}

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw wrong(file, (error as Error).message)
  }
}

const readConfig = (file: string): object => {
  const text = read(file)
  if (text === undefined) throw wrong(file, 'there is no such file')
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed
  } catch (error) {
    throw wrong(file, `it is not JSON: ${(error as Error).message}`)
  }
  throw wrong(file, 'it is not a JSON object of options, such as {"namespace": "shop"}')
}

const apply = (file: string, command: Command, option: Option, value: unknown): void => {
  const key = option.attributeName()
  const source = command.getOptionValueSource(key)
  if (source !== undefined && source !== 'default') return
  try {
    command.setOptionValueWithSource(key, parse(option, value), 'config')
  } catch (error) {
    if (!(error instanceof InvalidArgumentError || error instanceof UsageError)) throw error
    throw wrong(file, `${JSON.stringify(option.name())}: ${error.message}`)
  }
}

const parse = (option: Option, value: unknown): unknown => {
  if (option.isBoolean()) {
    if (typeof value !== 'boolean') throw new UsageError('it is true or false')
    return value ? true : undefined
  }
  const texts = Array.isArray(value) ? value : [value]
  if (!texts.every(isText)) throw new UsageError('it is a string, a number, or a list of strings')
  const { parseArg = (text: string): unknown => text } = option
  if (Array.isArray(value) && !isRepeated(option)) throw new UsageError('it is one, and no list')
  return texts.reduce<unknown>((before, text) => parseArg(`${text}`, before), option.defaultValue)
}

const isText = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number'

const isRepeated = ({ description }: Option): boolean => description.includes('(repeat for ')

const unknown = (name: string, known: readonly string[]): string =>
  `${JSON.stringify(name)} is no option that it may have; it may have ${known.toSorted().join(', ')}`

const wrong = (file: string, what: string): UsageError =>
  new UsageError(`the config file ${file}: ${what}`)

const TRUE = /^(1|true|yes|on)$/i
const FALSE = /^(0|false|no|off|)$/i

/**
 * A variable of an option that takes no value says whether it is given: to commander any text does, and
 * `TALLYMESH_OPEN=false` would open the peer.
 *
 * @throws {UsageError}
 */
export const checkSwitches = (command: Command, env: NodeJS.ProcessEnv): void => {
  for (const option of command.options) {
    const { envVar } = option
    const key = option.attributeName()
    if (!option.isBoolean() || envVar === undefined) continue
    if (command.getOptionValueSource(key) !== 'env') continue
    if (isOff(envVar, env)) command.setOptionValueWithSource(key, undefined, 'env')
  }
}

/** @throws {UsageError} */
const isOff = (name: string, env: NodeJS.ProcessEnv): boolean => {
  const text = env[name] ?? ''
  if (TRUE.test(text) || FALSE.test(text)) return FALSE.test(text)
  throw new UsageError(
    `${name} is 1 or 0 (or true, false, yes, no, on, off); got ${JSON.stringify(text)}`,
  )
}

/** Whether a switch is on in the environment; never throws. */
export const isOn = (name: string, env: NodeJS.ProcessEnv): boolean => TRUE.test(env[name] ?? '')
