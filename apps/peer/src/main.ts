// The entry of the tallymesh command.
import { run } from './cli/program.ts'
import { terminalOf } from './cli/terminal.ts'

/** A stop that hangs ends all the same: what was acknowledged is on disk. */
const STOP_LIMIT_MS = 10_000

const fatal = (error: unknown): void => {
  console.error(
    JSON.stringify({ level: 60, time: new Date().toISOString(), msg: 'uncaught error' }),
  )
  console.error(error)
  process.exit(1)
}

const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => {
      resolve()
      setTimeout(() => fatal(new Error('could not stop in time')), STOP_LIMIT_MS).unref()
    }
    // A terminal sends Ctrl-C to the whole group, and npm once more: only the first counts.
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })

process.on('uncaughtException', fatal)
process.on('unhandledRejection', fatal)
// `tallymesh list | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') fatal(error)
})

const writeOut = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
  })

const code = await run(process.argv.slice(2), {
  env: process.env,
  ...terminalOf(process.stdout, process.stderr),
  write: writeOut,
  read: () => process.stdin,
  untilStopped,
})
process.exit(code)
