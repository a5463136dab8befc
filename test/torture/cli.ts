// `pnpm torture`: kills real peers under load; 1 when a promise was broken.
import { build } from '../../scripts/build.ts'
import { Progress } from '../sim/progress.ts'
import { commandOf, HELP, readCommand } from './command.ts'
import { type RunOptions, torture } from './run.ts'

const run = async (options: RunOptions): Promise<number> => {
  if (!(await build())) throw new Error('the build failed, see above')
  console.log(`seed ${options.seed}: ${commandOf(options)}`)
  const progress = new Progress(options.rounds)
  const result = await torture(options, (done) => progress.show(done, ''))
  progress.clear()
  for (const line of result.lines) console.log(line)
  if (result.violation === undefined) {
    console.log('no violation')
    return 0
  }
  console.log(`violation: ${result.violation}`)
  console.log(`again: ${commandOf(options)}\nthe peers' data and logs: ${result.kept}`)
  return 1
}

const main = async (): Promise<number> => {
  try {
    const options = readCommand(process.argv.slice(2))
    if (options !== 'help') return await run(options)
    console.log(HELP)
    return 0
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 2
  }
}

// Its peers end with it.
process.once('SIGINT', () => process.exit(130))
process.exitCode = await main()
