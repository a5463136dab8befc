// What `pnpm torture` may be given.
import { parseArgs } from 'node:util'
import { wholeOption } from '../support/whole-option.ts'
import type { RunOptions } from './run.ts'
import type { TabRunOptions } from './tab/run.ts'

export interface Command extends Omit<RunOptions, 'signal' | 'source'> {
  /** A browser's tab is killed, and no peers. */
  readonly tab: boolean
}

const DEFAULT_ROUNDS = 200
const DEFAULT_CLIENTS = 16

export const HELP = `pnpm torture [options]

Runs real peers as processes, counts at them from many clients, kills them with SIGKILL (under load,
while they start, within ms of their ready line), and checks after each start that every increment that
was acknowledged counts once, each that was sent and not answered at most once, and nothing else.

  --rounds N      kills under load, each with a start and a check (${DEFAULT_ROUNDS})
  --peers N       1 to 9; after each start, all of them have to agree (1; with --strong, 3)
  --members       they are each other's members (the default with several peers)
  --no-members    they have no list of members (the default with one)
  --clients N     calls that are under way at once (${DEFAULT_CLIENTS})
  --seed N        what clients and kills choose by; a new one if left out
  --strong        three peers or five, members of each other: strong reads and increments beside local
                  ones, while peers are killed, frozen (SIGSTOP) and cut off from each other; the
                  history of each key has to be linearizable. Links are cut only where it runs as
                  root (ip netns); elsewhere peers are frozen in place of that
  --history FILE  write what clients did, as JSON lines: process, type (invoke, ok, fail, info),
                  f (inc, read), key, value (a decimal string), time (ns)
  --tab           a browser's tab in place of peers: closed, its renderer or the browser killed; so
                  many rounds in a page that is only a replica, and as many in the web app (closed,
                  or its renderer killed); takes --rounds and --seed
  --help          this

Exits with 0, with 1 after a violation (the peers' data and logs are kept then), and with 2 for bad usage.
The seed repeats what clients send and when peers are killed, as far as real processes let it.`

const MAX_SEED = 2 ** 32 - 1

/** @throws {Error} for what is not understood */
export const readCommand = (args: readonly string[]): Command | 'help' => {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      rounds: { type: 'string' },
      peers: { type: 'string' },
      members: { type: 'boolean' },
      clients: { type: 'string' },
      seed: { type: 'string' },
      history: { type: 'string' },
      strong: { type: 'boolean' },
      tab: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) return 'help'
  const { tab = false, strong = false, peers, members, clients, history } = values
  if (tab && [strong || undefined, peers, members, clients, history].some(isGiven))
    throw new Error('--tab takes no other options than --rounds and --seed')
  const count = wholeOption('peers', peers, 1, 9) ?? (strong ? 3 : 1)
  if (strong && members === false) throw new Error('--strong needs members: who else would vote?')
  return {
    rounds: wholeOption('rounds', values.rounds, 1, 1_000_000) ?? DEFAULT_ROUNDS,
    peers: count,
    members: members ?? (strong || count > 1),
    clients: wholeOption('clients', clients, 1, 1000) ?? DEFAULT_CLIENTS,
    seed: wholeOption('seed', values.seed, 0, MAX_SEED) ?? Math.floor(Math.random() * MAX_SEED),
    history,
    strong,
    tab,
  }
}

const isGiven = (value: unknown): boolean => value !== undefined

/** What to type to try the same again. */
export const commandOf = (options: RunOptions): string => {
  const { rounds, peers, members, clients, seed, strong } = options
  const list = strong || members === peers > 1 ? '' : members ? ' --members' : ' --no-members'
  const kind = strong ? ' --strong' : ''
  return `pnpm torture${kind} --rounds ${rounds} --peers ${peers}${list} --clients ${clients} --seed ${seed}`
}

export const tabCommandOf = ({ rounds, seed }: TabRunOptions): string =>
  `pnpm torture --tab --rounds ${rounds} --seed ${seed}`
