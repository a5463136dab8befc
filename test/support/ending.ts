// The end of processes that tests start: none outlives the tests, however these end.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

type Signal = 'SIGTERM' | 'SIGKILL'

const running = new Map<ChildProcess, Signal>()

function endAll(): void {
  for (const [child, signal] of running) child.kill(signal)
}

process.once('exit', endAll)
process.once('SIGTERM', () => {
  endAll()
  process.exit(1)
})

/** Ends the child by this signal where a test run is over and has not ended it: after a time-out, say. */
export function endWithTests(child: ChildProcess, signal: Signal): void {
  running.set(child, signal)
  child.once('exit', () => running.delete(child))
}

/** Resolves once the child has ended. */
export async function end(child: ChildProcess, signal: Signal): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
