// Seeds over processes: each has a few to do, and the next is handed out as one is done.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Mutation } from './mutations.ts'
import type { RunOptions } from './plan.ts'
import type { WorkerAnswer } from './worker.ts'

/** Enough that a process never waits for its next one. */
const AHEAD = 2

const mutate = new URL('mutate.ts', import.meta.url).href
const worker = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Runs all, and hands each answer to `take` as it comes; stops early when that says false. */
export const runAll = async (
  runs: Iterable<RunOptions>,
  workers: number,
  take: (answer: WorkerAnswer) => boolean,
  mutation?: Mutation,
): Promise<void> => {
  const iterator = runs[Symbol.iterator]()
  const children = Array.from({ length: workers }, () => startWorker(mutation))
  let isOver = false
  const work = async (child: ChildProcess): Promise<void> => {
    let waiting = 0
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const next = (): void => {
      const run = isOver ? undefined : iterator.next()
      if (run === undefined || run.done === true) return waiting === 0 ? resolve() : undefined
      waiting++
      child.send(run.value)
    }
    child.on('message', (answer: WorkerAnswer) => {
      waiting--
      if (!take(answer)) isOver = true
      next()
    })
    child.on('exit', (code) => reject(new Error(`a worker ended with ${code}`)))
    for (let i = 0; i < AHEAD; i++) next()
    await promise
  }
  try {
    await Promise.all(children.map(work))
  } finally {
    await Promise.all(children.map(end))
  }
}

const startWorker = (mutation: Mutation | undefined): ChildProcess =>
  fork(worker, {
    serialization: 'advanced',
    execArgv: [
      '--conditions=@tallymesh/source',
      ...(mutation === undefined ? [] : ['--import', mutate]),
    ],
    env: { ...process.env, TALLYMESH_MUTATION: mutation?.name },
  })

const end = async (child: ChildProcess): Promise<void> => {
  child.removeAllListeners('exit')
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill()
  await once(child, 'exit')
}
