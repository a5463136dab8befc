// tallymesh list [PREFIX]
import { type Command, Option } from 'commander'
import { HTTP_LIMITS } from '../http/limits.ts'
import type { CounterReply } from '../http/replies.ts'
import { Api } from './api.ts'
import type { Io } from './io.ts'
import { addClientOptions, type ClientOptions, examples, parseKey, wholeNumber } from './options.ts'
import { plain, table } from './text.ts'

interface ListFlags extends ClientOptions {
  readonly limit: number
  readonly after?: string
  readonly all?: true
}

interface Page {
  readonly counters: readonly CounterReply[]
  readonly after?: string
}

const fetchPage = (
  api: Api,
  prefix: string,
  limit: number,
  after: string | undefined,
): Promise<Page> =>
  api.get('v1/counters', { prefix: prefix || undefined, limit: limit.toString(), after })

async function* pages(api: Api, prefix: string, flags: ListFlags): AsyncGenerator<Page> {
  const limit = flags.all ? HTTP_LIMITS.pageItems : flags.limit
  let after = flags.after
  do {
    const page = await fetchPage(api, prefix, limit, after)
    yield page
    after = page.after
  } while (flags.all && after !== undefined)
}

const printJson = async (io: Io, found: AsyncIterable<Page>, all: boolean): Promise<void> => {
  const counters: CounterReply[] = []
  let after: string | undefined
  for await (const page of found) {
    counters.push(...page.counters)
    after = page.after
  }
  io.out(JSON.stringify({ counters, ...(!all && after !== undefined && { after }) }))
}

const printText = async (io: Io, found: AsyncIterable<Page>, all: boolean): Promise<void> => {
  for await (const { counters, after } of found) {
    const rows = counters.map(({ key, value, ops }) => [value, ops.toString(), plain(key)])
    if (rows.length === 0) io.note('no counters')
    else io.out(table([['VALUE', 'OPS', 'KEY'], ...rows]))
    if (!all && after !== undefined) io.note(`there are more: ${howToGoOn(after)}`)
  }
}

/** A key that a shell might read in another way is not offered for pasting. */
const howToGoOn = (after: string): string =>
  /^[\p{L}\p{N}/_.:@+-]+$/u.test(after) && !after.startsWith('-')
    ? `--after ${after} goes on from here, --all prints them all`
    : '--all prints them all'

export const addList = (program: Command, io: Io): void => {
  addClientOptions(program.command('list'))
    .summary('print counters in the order of their keys')
    .description('Prints counters with their values, in the order of their keys (UTF-8 bytes).')
    .argument('[prefix]', 'only keys that begin with this', '')
    .addOption(
      new Option('--limit <n>', `how many, at most ${HTTP_LIMITS.pageItems}`)
        .default(HTTP_LIMITS.defaultPageItems)
        .argParser(wholeNumber(1, HTTP_LIMITS.pageItems)),
    )
    .addOption(new Option('--after <key>', 'only keys behind this one').argParser(parseKey))
    .addOption(new Option('--all', 'all of them, page after page'))
    .addHelpText(
      'after',
      examples('tallymesh list', 'tallymesh list stock/ --all', 'tallymesh list --limit 10 --json'),
    )
    .action(async (prefix: string, flags: ListFlags) => {
      const print = flags.json ? printJson : printText
      await print(io, pages(new Api(flags.url), prefix, flags), flags.all === true)
    })
}
