// Peers as on machines of their own, with links that are cut while they run. Linux, as root.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { PlannedPeer } from '../../scripts/cluster.ts'
import { endWithTests } from '../support/ending.ts'
import { Namespaces } from '../support/namespaces.ts'

const SCRIPT = join(import.meta.dirname, 'forward.ts')

const listening = (args: readonly string[]): number[] =>
  args.flatMap((arg, at) => (args[at - 1] === '--listen' ? Number(arg.split('/')[4]) : []))

export class Links implements AsyncDisposable {
  readonly #namespaces: Namespaces
  readonly #cut = new Map<number, number>()

  private constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces
  }

  static async create(peers: number): Promise<Links> {
    return new Links(await Namespaces.create(peers))
  }

  /** With addresses that the others reach it at; HTTP stays on its own loopback. */
  plan(plans: readonly PlannedPeer[]): PlannedPeer[] {
    const owners = new Map(
      plans.flatMap(({ args }, at) => listening(args).map((port) => [port, at] as const)),
    )
    const linked = (arg: string): string =>
      arg.replace(/^\/ip4\/127\.0\.0\.1\/tcp\/(\d+)/, (all, port: string) => {
        const owner = owners.get(Number(port))
        return owner === undefined ? all : `/ip4/${this.#namespaces.address(owner)}/tcp/${port}`
      })
    return plans.map((plan) => ({ ...plan, args: plan.args.map(linked) }))
  }

  /** What a command is run with, to be there. */
  within(at: number): string[] {
    return this.#namespaces.within(at)
  }

  /** A base URL for the HTTP port of a peer, which clients reach whatever becomes of its link. */
  async reach(at: number, port: number, folder: string): Promise<string> {
    const socket = join(folder, `http-${at + 1}`)
    const [command, ...args] = [...this.within(at), process.execPath, SCRIPT, socket, `${port}`]
    const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    endWithTests(child, 'SIGKILL')
    this.#forwarders.push(child)
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error('a forwarder did not start'))),
    ])
    return `unix:${socket}:`
  }

  readonly #forwarders: ReturnType<typeof spawn>[] = []

  /** It is out of all others' reach, but for those that are cut off at the same time. */
  async cut(at: number): Promise<void> {
    this.#cut.set(at, (this.#cut.get(at) ?? 0) + 1)
    await this.#namespaces.cut([at])
  }

  /** As often as it was cut. */
  async mend(at: number): Promise<void> {
    const left = (this.#cut.get(at) ?? 1) - 1
    this.#cut.set(at, left)
    if (left === 0) await this.#namespaces.heal([at])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#forwarders) child.kill('SIGKILL')
    await this.#namespaces[Symbol.asyncDispose]()
  }
}
