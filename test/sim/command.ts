// The command that runs a seed again, and what it may be given.
import { parseArgs } from 'node:util'
import { wholeOption } from '../support/whole-option.ts'
import { isFaultName, type FaultName } from './faults.ts'
import type { RunOptions } from './plan.ts'

export interface Command {
  readonly seeds: number
  readonly firstSeed: number
  readonly workers: number
  readonly isTraced: boolean
  /** Why what fails is kept; undefined where it is not. */
  readonly keep: string | undefined
  /** Without the seed. */
  readonly options: Omit<RunOptions, 'seed'>
}

const DEFAULT_SEEDS = 1000
const DEFAULT_WORKERS = 2

export const HELP = `pnpm sim [options]

  --seeds N          how many runs (${DEFAULT_SEEDS})
  --first-seed N     the seed of the first (1)
  --replicas N       2 to 50; each seed chooses if left out
  --faults a,b,c     the faults to choose from; all if left out
  --no-gossip        nothing that is published arrives
  --no-anti-entropy  no stream opens
  --strong           clients ask for a majority in each run
  --forget           request ids are forgotten soon in each run (--no-forget: in none)
  --workers N        processes (${DEFAULT_WORKERS})
  --trace            print all that happens, in this process
  --keep NOTE        keep what fails in regressions/, for npm test to run again
`

/** @throws {Error} for what is not understood */
export const readCommand = (args: readonly string[]): Command | 'help' => {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      seeds: { type: 'string' },
      'first-seed': { type: 'string' },
      replicas: { type: 'string' },
      faults: { type: 'string' },
      gossip: { type: 'boolean' },
      'anti-entropy': { type: 'boolean' },
      strong: { type: 'boolean' },
      forget: { type: 'boolean' },
      workers: { type: 'string' },
      trace: { type: 'boolean' },
      keep: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) return 'help'
  return {
    seeds: wholeOption('seeds', values.seeds, 1, Infinity) ?? DEFAULT_SEEDS,
    firstSeed: wholeOption('first-seed', values['first-seed'], 0, Number.MAX_SAFE_INTEGER) ?? 1,
    workers: wholeOption('workers', values.workers, 1, 256) ?? DEFAULT_WORKERS,
    isTraced: values.trace ?? false,
    keep: values.keep,
    options: {
      replicas: wholeOption('replicas', values.replicas, 2, 50),
      faults: values.faults === undefined ? undefined : faultsIn(values.faults),
      gossip: values.gossip ?? true,
      antiEntropy: values['anti-entropy'] ?? true,
      strong: values.strong,
      forget: values.forget,
    },
  }
}

/** What to type to see a run again. */
export const commandOf = ({
  seed,
  replicas,
  faults,
  gossip,
  antiEntropy,
  strong,
  forget,
}: RunOptions): string =>
  [
    `pnpm sim --seeds 1 --first-seed ${seed}`,
    ...(replicas === undefined ? [] : [`--replicas ${replicas}`]),
    ...(faults === undefined ? [] : [`--faults ${faults.join(',') || 'none'}`]),
    ...(gossip === false ? ['--no-gossip'] : []),
    ...(antiEntropy === false ? ['--no-anti-entropy'] : []),
    ...(strong === true ? ['--strong'] : []),
    ...(forget === undefined ? [] : [forget ? '--forget' : '--no-forget']),
    '--trace',
  ].join(' ')

const faultsIn = (text: string): FaultName[] =>
  text === 'none'
    ? []
    : text.split(',').map((name) => {
        if (!isFaultName(name)) throw new Error(`there is no fault ${JSON.stringify(name)}`)
        return name
      })
