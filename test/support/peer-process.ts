// A real peer in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseReady, type Ready } from '../../scripts/ready.ts'
import { end, endWithTests } from './ending.ts'

export const root: string = join(import.meta.dirname, '..', '..')
const freePorts = ['--http', '127.0.0.1:0', '--listen', '/ip4/127.0.0.1/tcp/0']
const freeWebSocket = ['--listen', '/ip4/127.0.0.1/tcp/0/ws']

/** A machine under load starts a peer in a few seconds. */
const readyWithinMs = 60_000

/** A peer from the sources starts in two thirds of the time where its modules were compiled before. */
const env = { NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'), ...process.env }

export interface PeerOptions {
  /** Its data folder. */
  readonly data: string
  /** Where it serves and listens; free ports of the loopback interface if left out. */
  readonly addresses?: readonly string[]
  /** Any other options of `tallymesh peer`. */
  readonly args?: readonly string[]
  /** A command that becomes the peer, in a network namespace for instance. */
  readonly within?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** The options that make a peer serve and listen where one did before. */
export function sameAddresses(ready: Ready): string[] {
  const listen = ready.listen.map((address) => address.replace(/\/p2p\/[^/]+$/, ''))
  return ['--http', new URL(ready.http).host, ...listen.flatMap((address) => ['--listen', address])]
}

export class PeerProcess implements AsyncDisposable {
  readonly ready: Ready
  readonly #child: ChildProcess
  readonly #said: readonly string[]

  private constructor(child: ChildProcess, ready: Ready, said: readonly string[]) {
    this.#child = child
    this.ready = ready
    this.#said = said
  }

  /** From the sources, on free ports of this machine. Resolves once the peer serves. */
  static start({
    data,
    addresses,
    args = [],
    within = [],
    env,
  }: PeerOptions): Promise<PeerProcess> {
    const where = addresses ?? [...freePorts, ...freeWebSocket]
    const [command, ...line] = [
      ...within,
      process.execPath,
      '--conditions=@tallymesh/source',
      join(root, 'apps', 'peer', 'src', 'main.ts'),
      'peer',
      '--data',
      data,
      '--json',
      ...where,
      ...args,
    ]
    return PeerProcess.#run(command!, line, env)
  }

  /** By a command line, as a person would type it in the checkout. It must have `--json`. */
  static startByCommand(line: string): Promise<PeerProcess> {
    return PeerProcess.#run('sh', ['-c', `exec ${line}`])
  }

  /** What it writes to stderr is in the error if it does not serve. */
  static async #run(
    command: string,
    args: readonly string[],
    more?: NodeJS.ProcessEnv,
  ): Promise<PeerProcess> {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    endWithTests(child, 'SIGKILL')
    const said: string[] = []
    try {
      return new PeerProcess(child, await awaitReady(child, said), said)
    } catch (error) {
      await end(child, 'SIGKILL')
      throw error
    }
  }

  get http(): string {
    return this.ready.http
  }

  /** Lines of its log with this message. */
  logged(message: string): Record<string, unknown>[] {
    return this.#said
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === message)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Ends it as a power cut would. */
  kill(): Promise<void> {
    return end(this.#child, 'SIGKILL')
  }

  /** Asks it to stop, and waits until it has: its exit code. */
  async stop(): Promise<number | null> {
    await end(this.#child, 'SIGTERM')
    return this.#child.exitCode
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}

/** @param said takes the lines that it writes, for as long as it runs */
function awaitReady(child: ChildProcess, said: string[]): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer)
      reject(new Error(`The peer ${why}. It said:\n${said.slice(-40).join('\n')}`))
    }
    const timer = setTimeout(() => fail(`was not ready in ${readyWithinMs} ms`), readyWithinMs)
    child.once('error', (error) => fail(`could not be started: ${error.message}`))
    child.once('close', (code) => fail(`ended with ${code}`))
    if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => said.push(line))
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = parseReady(line)
      if (ready === undefined) said.push(line)
      else {
        clearTimeout(timer)
        resolve(ready)
      }
    })
  })
}
