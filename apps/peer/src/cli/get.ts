// tallymesh get KEY
import type { ReadResult } from '@tallymesh/client'
import { type Command, Option } from 'commander'
import { askPeer, quorumOf } from './client.ts'
import type { Io } from './io.ts'
import {
  addClientOptions,
  type ClientFlags,
  examples,
  type Level,
  LEVELS,
  parseKey,
  timeoutOption,
} from './options.ts'
import { toJson } from './text.ts'

interface GetFlags extends ClientFlags {
  readonly consistency: Level
  readonly timeout?: number
}

const read = (key: string, { timeout, ...flags }: GetFlags): Promise<ReadResult> => {
  const { consistency } = flags
  return askPeer(flags, (client) => client.get(key, { consistency, ...quorumOf(timeout) }), timeout)
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
      io.out(flags.json ? toJson(reply) : reply.value.toString())
    })
}
