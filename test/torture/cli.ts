// `pnpm torture`: kills real peers, or tabs, under load; 1 when a promise was broken.
import { requireBrowser } from '../../scripts/browser.ts'
import { build } from '../../scripts/build.ts'
import { Progress } from '../sim/progress.ts'
import { type Command, commandOf, HELP, readCommand, tabCommandOf } from './command.ts'
import { torture } from './run.ts'
import { AppPage } from './tab/app-page.ts'
import { ReplicaPage } from './tab/replica-page.ts'
import { tortureTab } from './tab/run.ts'
import type { Subject } from './tab/subject.ts'

interface Result {
  readonly lines: readonly string[]
  readonly violation: string | undefined
  readonly kept?: string | undefined
}

/** Shows the bar while it runs, and then what it came to. True where all was well. */
const show = async (
  rounds: number,
  again: string,
  run: (onRound: (done: number) => void) => Promise<Result>,
): Promise<boolean> => {
  const progress = new Progress(rounds)
  const { lines, violation, kept } = await run((done) => progress.show(done, ''))
  progress.clear()
  for (const line of lines) console.log(line)
  console.log(violation === undefined ? 'no violation' : `violation: ${violation}`)
  if (violation !== undefined) console.log(`again: ${again}`)
  if (kept !== undefined) console.log(`the peers' data and logs: ${kept}`)
  return violation === undefined
}

const runPeers = async (command: Command, signal: AbortSignal): Promise<boolean> => {
  const again = commandOf(command)
  console.log(`seed ${command.seed}: ${again}`)
  return show(command.rounds, again, (onRound) => torture({ ...command, signal }, onRound))
}

const runTab = async ({ rounds, seed }: Command): Promise<boolean> => {
  requireBrowser()
  const again = tabCommandOf({ rounds, seed })
  console.log(`seed ${seed}: ${again}`)
  const subjects: [what: string, start: () => Promise<Subject>][] = [
    ['a page that is only a replica', () => ReplicaPage.start()],
    ['the web app', () => AppPage.start()],
  ]
  for (const [what, start] of subjects) {
    await using subject = await start()
    console.log(`${what}:`)
    const run = (onRound: (done: number) => void) => tortureTab(subject, { rounds, seed }, onRound)
    if (!(await show(rounds, again, run))) return false
  }
  return true
}

const main = async (): Promise<number> => {
  // What it has started ends in good order; a second time, at once.
  const interrupted = new AbortController()
  process.once('SIGINT', () => {
    interrupted.abort()
    process.once('SIGINT', () => process.exit(130))
  })
  try {
    const command = readCommand(process.argv.slice(2))
    if (command === 'help') {
      console.log(HELP)
      return 0
    }
    if (!(await build())) throw new Error('the build failed, see above')
    const run = command.tab ? runTab(command) : runPeers(command, interrupted.signal)
    const isWell = await run
    if (interrupted.signal.aborted) return 130
    return isWell ? 0 : 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 2
  }
}

process.exitCode = await main()
