// `pnpm retries`: clients retry over three real peers that are killed and frozen; 1 where the sum is wrong.
import { parseArgs } from 'node:util'
import { countWithRetries } from './run.ts'

const HELP = `pnpm retries [options]

  --seconds N     how long clients count, with request ids and again without (60)
  --seed N        which faults (1)
`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})

const whole = (name: string, text: string): number => {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= 86_400) return number
  console.error(`--${name} takes a whole number from 1 to 86400, not ${text}\n\n${HELP}`)
  process.exit(2)
}

if (values.help) console.log(HELP)
else {
  const [seconds, seed] = [whole('seconds', values.seconds), whole('seed', values.seed)]
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
