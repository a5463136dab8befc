// tallymesh increment KEY [N]
import { type Command, Option } from 'commander'
import type { IncrementReply } from '../http/replies.ts'
import { Api, counterPath, hasNoPath } from './api.ts'
import type { Io } from './io.ts'
import {
  addClientOptions,
  type ClientOptions,
  examples,
  type Level,
  LEVELS,
  parseAmount,
  parseKey,
  parseRequestId,
  timeoutOption,
} from './options.ts'

interface IncrementFlags extends ClientOptions {
  readonly requestId?: string
  readonly ack?: Level
  readonly timeout?: number
}

interface Wanted {
  readonly value: string
  readonly requestId?: string
}

const send = async (flags: IncrementFlags, key: string, item: Wanted): Promise<IncrementReply> => {
  const api = new Api(flags.url)
  const strength = {
    ...(flags.ack && { ack: flags.ack }),
    ...(flags.timeout && { timeoutMs: flags.timeout }),
  }
  if (!hasNoPath(key)) return api.post(`${counterPath(key)}/increment`, { ...item, ...strength })
  const increments = [{ key, ...item }]
  const { results } = await api.post<{ results: [IncrementReply] }>('v1/increments', {
    increments,
    ...strength,
  })
  return results[0]
}

const increment = async (
  io: Io,
  key: string,
  value: string,
  flags: IncrementFlags,
): Promise<void> => {
  const { requestId } = flags
  const reply = await send(flags, key, { value, ...(requestId !== undefined && { requestId }) })
  io.out(flags.json ? JSON.stringify(reply) : reply.value)
  if (reply.duplicate && !flags.json) io.note('this request was counted before: nothing changed')
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
        'however often it is retried with this id, it counts once',
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
        'tallymesh increment -- -odd-key 1      # after --, a key may begin with a dash',
      ),
    )
    .action((key: string, value: string, flags: IncrementFlags) => increment(io, key, value, flags))
}
