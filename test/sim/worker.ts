// A process that runs seeds for the CLI, one after another.
import type { RunOptions } from './plan.ts'
import { runSeed, type RunResult } from './run.ts'

/** What it answers. Plain data, to go from process to process. */
export type WorkerAnswer =
  | { readonly options: RunOptions; readonly result: RunResult }
  | { readonly options: RunOptions; readonly error: string }

let queue = Promise.resolve()

process.on('message', (options: RunOptions) => {
  queue = queue.then(async () => {
    process.send!(await answer(options))
  })
})

const answer = async (options: RunOptions): Promise<WorkerAnswer> => {
  try {
    return { options, result: await runSeed(options) }
  } catch (error) {
    return {
      options,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  }
}
