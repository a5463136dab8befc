// `pnpm retries`: clients retry over three real peers that are killed and frozen; 1 where the sum is wrong.
import { parseArgs } from 'node:util'
import { wholeOption } from '../support/whole-option.ts'
import { countWithRetries } from './run.ts'

const HELP = `pnpm retries [options]

  --seconds N     how long clients count, with request ids and again without (60)
  --seed N        which faults (1)
`

const readCommand = (): { seconds: number; seed: number } | 'help' => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  return {
    seconds: wholeOption('seconds', values.seconds, 1, 86_400),
    seed: wholeOption('seed', values.seed, 1, 2 ** 32 - 1),
  }
}

const run = async ({ seconds, seed }: { seconds: number; seed: number }): Promise<void> => {
  for (const hasIds of [true, false]) {
    const { sums, ...counts } = await countWithRetries({ seed, seconds, hasIds })
    const { increments, failures, duplicates, kills, freezes } = counts
    console.log(
      `${hasIds ? 'with' : 'without'} request ids: ${increments} increments, ${failures} calls failed, ` +
        `${duplicates} told that they had counted; ${kills} kills, ${freezes} freezes`,
    )
    for (const { key, asked, shown } of sums)
      console.log(`  ${key}: asked ${asked}, counted ${shown}, ${shown - asked} too many`)
  }
}

let command: ReturnType<typeof readCommand>
try {
  command = readCommand()
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`)
  process.exit(2)
}
if (command === 'help') console.log(HELP)
else await run(command)
