// tallymesh list [PREFIX]
import type { Counter, Page, TallymeshClient } from '@tallymesh/client'
import { type Command, Option } from 'commander'
import { HTTP_LIMITS } from '../http/limits.ts'
import { askPeer } from './client.ts'
import type { Io } from './io.ts'
import { addClientOptions, type ClientFlags, examples, parseKey, wholeNumber } from './options.ts'
import { plain, table, toJson } from './text.ts'

interface ListFlags extends ClientFlags {
  readonly limit: number
  readonly after?: string
  readonly all?: true
}

async function* pages(
  client: TallymeshClient,
  prefix: string,
  flags: ListFlags,
): AsyncGenerator<Page, void, undefined> {
  const limit = flags.all ? HTTP_LIMITS.pageItems : flags.limit
  let { after } = flags
  do {
    const page: Page = await client.list({ prefix, limit, ...(after !== undefined && { after }) })
    yield page
    after = page.after
  } while (flags.all && after !== undefined)
}

const printJson = async (io: Io, found: AsyncIterable<Page>, all: boolean): Promise<void> => {
  const counters: Counter[] = []
  let after: string | undefined
  for await (const page of found) {
    counters.push(...page.counters)
    after = page.after
  }
  io.out(toJson({ counters, ...(!all && after !== undefined && { after }) }))
}

const printText = async (io: Io, found: AsyncIterable<Page>, all: boolean): Promise<void> => {
  for await (const { counters, after } of found) {
    const rows = counters.map(({ key, value, ops }) => [
      value.toString(),
      ops.toString(),
      plain(key),
    ])
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
        .env('TALLYMESH_LIMIT')
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
      await askPeer(flags, (client) => print(io, pages(client, prefix, flags), flags.all === true))
    })
}
