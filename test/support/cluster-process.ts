// A cluster as `npm start -- --peers N` runs it, read through what that prints.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { end, endWithTests } from './ending.ts'
import { root } from './peer-process.ts'
import { until } from './until.ts'

/** A peer as the script announces it. */
export interface AnnouncedPeer {
  /** Base URL, without a slash at the end. */
  readonly http: string
  readonly pid: number
  /** The command line that starts it again, in the checkout. */
  readonly again: string
}

/** Ports away from where a person's own peers are, and from what the system hands out by itself. */
const firstPort = (): number => 12_000 + 10 * Math.floor(Math.random() * 1_500)

/** It builds what changed first. */
const readyWithinMs = 120_000

const stopWithinMs = 15_000

export class ClusterProcess implements AsyncDisposable {
  readonly peers: readonly AnnouncedPeer[]
  readonly #child: ChildProcess
  readonly #printed: () => string

  private constructor(child: ChildProcess, peers: readonly AnnouncedPeer[], printed: () => string) {
    this.#child = child
    this.peers = peers
    this.#printed = printed
  }

  /** Resolves once all peers serve. */
  static async start(count: number, data: string): Promise<ClusterProcess> {
    const script = join(root, 'scripts', 'start.ts')
    const place = ['--data', data, '--first-port', `${firstPort()}`]
    const child = spawn(process.execPath, [script, '--peers', `${count}`, ...place], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // It ends its peers when it is asked to stop, and could not once it is killed.
    endWithTests(child, 'SIGTERM')
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
    try {
      await untilAnnounced(child, count, () => printed)
      return new ClusterProcess(child, readPeers(printed), () => printed)
    } catch (error) {
      await stop(child)
      throw new Error(`The cluster did not start. It said:\n${printed}`, { cause: error })
    }
  }

  /** `kill -9`, and what the script says to that. */
  async kill({ pid }: AnnouncedPeer): Promise<string> {
    const before = this.#printed().length
    process.kill(pid, 'SIGKILL')
    const said = (): string => this.#printed().slice(before)
    await until('the end of a peer is reported', () => /start it again.*\n.+\n/.test(said()))
    return said()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return stop(this.#child)
  }
}

async function untilAnnounced(
  child: ChildProcess,
  count: number,
  printed: () => string,
): Promise<void> {
  const options = { withinMs: readyWithinMs, everyMs: 50 }
  const announced = (): boolean => {
    if (child.exitCode !== null) return true
    return printed().includes(`${count} of ${count} peers run.`)
  }
  await until(`${count} peers run`, announced, options)
  if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`)
}

function readPeers(printed: string): AnnouncedPeer[] {
  const blocks = printed.split(/^(?=peer \d+ {3}pid )/m).slice(1)
  return blocks.map((block) => ({
    http: find(block, /^ {2}page {5}(\S+)\/$/m),
    pid: Number(find(block, / pid (\d+) /)),
    again: find(block, /^ {2}again {4}(.+)$/m),
  }))
}

function find(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`${pattern} is not in:\n${text}`)
  return found
}

/** The script waits for its peers, which finish what they have accepted. */
async function stop(child: ChildProcess): Promise<void> {
  const stopped = end(child, 'SIGTERM')
  await Promise.race([stopped, pause(stopWithinMs, undefined, { ref: false })])
  await end(child, 'SIGKILL')
}
