// tallymesh increment KEY [N]
import type { IncrementResult, TallymeshClient } from '@tallymesh/client'
import { type Command, Option } from 'commander'
import { askPeer, quorumOf } from './client.ts'
import type { Io } from './io.ts'
import {
  addClientOptions,
  type ClientFlags,
  examples,
  type Level,
  LEVELS,
  parseAmount,
  parseKey,
  parseRequestId,
  timeoutOption,
} from './options.ts'
import { toJson } from './text.ts'

interface IncrementFlags extends ClientFlags {
  readonly requestId?: string
  readonly ack?: Level
  readonly timeout?: number
}

const increment = async (
  io: Io,
  key: string,
  amount: string,
  flags: IncrementFlags,
): Promise<void> => {
  const { requestId, ack, timeout } = flags
  const options = {
    ...(requestId !== undefined && { requestId }),
    ...(ack && { ack }),
    ...quorumOf(timeout),
  }
  const ask = (client: TallymeshClient): Promise<IncrementResult> =>
    client.increment(key, BigInt(amount), options)
  const result = await askPeer(flags, ask, timeout)
  io.out(flags.json ? toJson(result) : result.value.toString())
  if (result.duplicate && !flags.json) io.note('this request was counted before: nothing changed')
}

export const addIncrement = (program: Command, io: Io): void => {
  addClientOptions(program.command('increment'))
    .summary('add to a counter')
    .description('Adds to a counter and prints its new value.')
    .argument('<key>', 'the counter: 1 to 512 UTF-8 bytes', parseKey)
    .argument('[n]', 'how much: any integer, negative ones too', parseAmount, '1')
    .addOption(
      new Option(
        '--request-id <id>',
        'however often it is retried with this id, it counts once (default: a new one)',
      ).argParser(parseRequestId),
    )
    .addOption(
      new Option(
        '--ack <level>',
        'how far it must have come: on this peer, a majority, or all members',
      )
        .env('TALLYMESH_ACK')
        .choices(LEVELS),
    )
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      examples(
        'tallymesh increment views',
        'tallymesh increment views -5',
        'tallymesh increment stock/apples 250 --request-id 4b1f-77',
        'tallymesh increment views --url http://127.0.0.1:8390 --url http://127.0.0.1:8391',
        'tallymesh increment -- -odd-key 1      # after --, a key may begin with a dash',
      ),
    )
    .action((key: string, value: string, flags: IncrementFlags) => increment(io, key, value, flags))
}
