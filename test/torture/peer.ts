// A peer as a process that may be killed at any moment, and is started again with the same addresses.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { command, type PlannedPeer } from '../../scripts/cluster.ts'
import { parseReady } from '../../scripts/ready.ts'
import { root, toolEnvironment } from '../../scripts/run.ts'
import { end, endWithTests } from '../support/ending.ts'
import { Violation } from './checker.ts'

/** A machine under load starts a peer in a few seconds. */
const READY_MS = 60_000
const LOG_SHOWN = 20

export interface PeerOptions {
  readonly plan: PlannedPeer
  /** The file for what it says on stderr, all starts together. */
  readonly log: string
  /** What it is run with, to be in a place of its own. */
  readonly within?: readonly string[]
  /** From the sources; else as it was built. */
  readonly source: boolean
  /** Told when it ends by itself after it was ready. */
  readonly onEnd: (violation: Violation) => void
}

export class Peer implements AsyncDisposable {
  readonly name: string
  readonly #options: PeerOptions
  #child: ChildProcess | undefined
  /** How long the last start took that was not cut short. */
  startMs = 1000

  constructor(options: PeerOptions) {
    this.#options = options
    this.name = `peer ${options.plan.number}`
  }

  /**
   * True once it serves; false if it was killed before.
   *
   * @throws {Violation} if it is not ready in time, or ends by itself
   */
  async start(): Promise<boolean> {
    const startedAt = performance.now()
    const { plan, log, source, within = [] } = this.#options
    const file = openSync(log, 'a')
    const [first, ...rest] = [...within, command, ...plan.args]
    const child = spawn(first!, rest, {
      cwd: root,
      env: { ...toolEnvironment, ...(source && { TALLYMESH_SOURCE: '1' }) },
      stdio: ['ignore', 'pipe', file],
    })
    closeSync(file)
    endWithTests(child, 'SIGKILL')
    this.#child = child
    const isReady = await untilReady(child)
    // Somebody killed it.
    if (this.#child !== child) return false
    if (!isReady) throw this.#failed(child, `was not ready within ${READY_MS} ms`)
    child.once('exit', () => {
      if (this.#child === child) this.#options.onEnd(this.#failed(child, 'ended by itself'))
    })
    this.startMs = performance.now() - startedAt
    return true
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child) await end(child, 'SIGKILL')
  }

  /** It lives, and does nothing: as on a machine that swaps, or a virtual one that is moved. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  #failed({ exitCode, signalCode }: ChildProcess, how: string): Violation {
    const ended = exitCode ?? signalCode
    const lines = readFileSync(this.#options.log, 'utf8').trim().split('\n').slice(-LOG_SHOWN)
    const what = ended === null ? how : `ended by itself (${ended})`
    return new Violation(`${this.name} ${what}. It said last:\n${lines.join('\n')}`)
  }
}

const untilReady = (child: ChildProcess): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), READY_MS)
    const settle = (isReady: boolean): void => {
      clearTimeout(timer)
      resolve(isReady)
    }
    child.once('exit', () => settle(false))
    child.once('error', () => settle(false))
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (parseReady(line) !== undefined) settle(true)
    })
  })
