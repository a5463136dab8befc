// `pnpm sim`: as many runs as you like; 1 when one of them broke a promise, with what shows it again.
import { commandOf, HELP, readCommand, type Command } from './command.ts'
import type { RunOptions } from './plan.ts'
import { runAll } from './pool.ts'
import { Progress } from './progress.ts'
import { keepRegression } from './regressions.ts'
import { Report } from './report.ts'
import { runSeed, type RunResult } from './run.ts'

/** Failures shown before it stops: they are mostly of one kind. */
const MAX_FAILURES = 10

function* runsOf({ seeds, firstSeed, options }: Command): Generator<RunOptions> {
  for (let i = 0; i < seeds; i++) yield { seed: firstSeed + i, ...options }
}

const describe = (options: RunOptions, what: string): string =>
  `seed ${options.seed}: ${what}\n  again: ${commandOf(options)}`

const violationOf = ({ violation }: RunResult): string | undefined =>
  violation && `${violation.checker} at ${violation.time.toFixed(1)} ms: ${violation.message}`

const keep = ({ keep: note }: Command, { plan, violation }: RunResult): void => {
  if (note !== undefined)
    keepRegression(plan, `${note} (${violation?.checker}: ${violation?.message})`)
}

const runTraced = async (command: Command): Promise<number> => {
  let failures = 0
  for (const options of runsOf(command)) {
    const result = await runSeed(options, { print: (line) => console.log(line) })
    console.log(JSON.stringify(result.plan))
    const violation = violationOf(result)
    console.log(`seed ${options.seed}: ${violation ?? `no violation, trace ${result.hash}`}`)
    if (violation === undefined) continue
    failures++
    keep(command, result)
  }
  return failures
}

const runMany = async (command: Command): Promise<number> => {
  const report = new Report()
  const progress = new Progress(command.seeds)
  let failures = 0
  const fail = (text: string): void => {
    failures++
    progress.clear()
    console.log(text)
  }
  await runAll(runsOf(command), command.workers, (answer) => {
    if ('error' in answer) fail(describe(answer.options, answer.error))
    else {
      report.add(answer.result)
      const violation = violationOf(answer.result)
      if (violation !== undefined) {
        fail(describe(answer.options, violation))
        keep(command, answer.result)
      }
    }
    progress.show(report.runs, failures > 0 ? `, ${failures} failed` : '')
    return failures < MAX_FAILURES
  })
  progress.clear()
  for (const line of report.lines()) console.log(line)
  console.log(failures === 0 ? 'no violation' : `${failures} violations`)
  return failures
}

const main = async (): Promise<number> => {
  try {
    const command = readCommand(process.argv.slice(2))
    if (command === 'help') {
      console.log(HELP)
      return 0
    }
    return (await (command.isTraced ? runTraced(command) : runMany(command))) === 0 ? 0 : 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 2
  }
}

process.exitCode = await main()
