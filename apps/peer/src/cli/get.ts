// tallymesh get KEY
import { type Command, Option } from 'commander'
import type { CounterReply } from '../http/replies.ts'
import { UsageError } from '../usage-error.ts'
import { Api, counterPath, hasNoPath } from './api.ts'
import type { Io } from './io.ts'
import {
  addClientOptions,
  type ClientOptions,
  examples,
  type Level,
  LEVELS,
  parseKey,
  timeoutOption,
} from './options.ts'

interface GetFlags extends ClientOptions {
  readonly consistency: Level
  readonly timeout?: number
}

interface ReadReply extends CounterReply {
  readonly consistency: Level
}

/** A key without a path of its own is the first of those that begin with it. */
const readFromList = async (api: Api, key: string, level: Level): Promise<ReadReply> => {
  if (level !== 'local')
    throw new UsageError(`the key ${JSON.stringify(key)} has no URL, and can only be read locally`)
  const { counters } = await api.get<{ counters: CounterReply[] }>('v1/counters', {
    prefix: key,
    limit: '1',
  })
  const found = counters.find((counter) => counter.key === key) ?? { key, value: '0', ops: 0 }
  return { ...found, consistency: 'local' }
}

const read = (key: string, { url, consistency, timeout }: GetFlags): Promise<ReadReply> => {
  const api = new Api(url)
  if (hasNoPath(key)) return readFromList(api, key, consistency)
  return api.get(counterPath(key), { consistency, timeoutMs: timeout?.toString() })
}

export const addGet = (program: Command, io: Io): void => {
  addClientOptions(program.command('get'))
    .summary('print the value of a counter')
    .description('Prints the value of a counter: 0 where it was never seen.')
    .argument('<key>', 'the counter: 1 to 512 UTF-8 bytes', parseKey)
    .addOption(
      new Option('--consistency <level>', 'whom to ask: this peer, a majority, or all members')
        .env('TALLYMESH_CONSISTENCY')
        .choices(LEVELS)
        .default('local'),
    )
    .addOption(timeoutOption())
    .addHelpText('after', examples('tallymesh get views', 'tallymesh get views --json'))
    .action(async (key: string, flags: GetFlags) => {
      const reply = await read(key, flags)
      io.out(flags.json ? JSON.stringify(reply) : reply.value)
    })
}
