// Machines of their own, as network namespaces: links between them that can be cut. Linux, as root.
import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

const ip = async (...args: readonly string[]): Promise<void> => {
  await promisify(execFile)('ip', args)
}

/** Why there can be none here; undefined where there can. */
export const whyNoNamespaces = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const probe = `tm${process.pid}probe`
  try {
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'pipe' })
    execFileSync('ip', ['netns', 'del', probe], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `no network namespaces: ${String(error).split('\n')[0]}`
  }
}

/** The two sides of the hub, as bridges. */
const SIDES = ['one', 'other'] as const

/**
 * Each is linked to a hub, which is itself a namespace: nothing outside of them is touched. A peer
 * listens on loopback only, so links have addresses of 127.1.0.0/24, which is routed here like any other.
 */
export class Namespaces implements AsyncDisposable {
  readonly names: readonly string[]
  readonly #hub: string
  readonly #removeAtExit = (): void => {
    for (const name of [...this.names, this.#hub])
      try {
        execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
      } catch {
        // Gone already.
      }
  }

  private constructor(count: number) {
    const own = `tm${process.pid}x${Math.floor(Math.random() * 1e4)}`
    this.#hub = `${own}h`
    this.names = Array.from({ length: count }, (_, at) => `${own}n${at}`)
    process.once('exit', this.#removeAtExit)
  }

  static async create(count: number): Promise<Namespaces> {
    const namespaces = new Namespaces(count)
    try {
      await namespaces.#make()
      return namespaces
    } catch (error) {
      await namespaces[Symbol.asyncDispose]()
      throw error
    }
  }

  address(at: number): string {
    return `127.1.0.${at + 1}`
  }

  /** Runs a command in it: this process becomes the command. */
  within(at: number): string[] {
    return ['ip', 'netns', 'exec', this.names[at]!]
  }

  /** Cuts these off from the rest; among each other they stay linked. */
  async cut(places: readonly number[]): Promise<void> {
    await Promise.all(places.map((at) => this.#plug(at, 'other')))
  }

  /** Links these again, or all. */
  async heal(places: Iterable<number> = this.names.keys()): Promise<void> {
    await Promise.all([...places].map((at) => this.#plug(at, 'one')))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#removeAtExit)
    this.#removeAtExit()
  }

  async #make(): Promise<void> {
    await ip('netns', 'add', this.#hub)
    for (const side of SIDES) {
      await ip('-n', this.#hub, 'link', 'add', side, 'type', 'bridge')
      await ip('-n', this.#hub, 'link', 'set', side, 'up')
    }
    for (const at of this.names.keys()) await this.#link(at)
  }

  async #link(at: number): Promise<void> {
    const name = this.names[at]!
    const plug = this.#plugOf(at)
    await ip('netns', 'add', name)
    await ip('-n', name, 'link', 'set', 'lo', 'up')
    // All of 127.0.0.0/8 is local else.
    await ip('-n', name, 'addr', 'del', '127.0.0.1/8', 'dev', 'lo')
    await ip('-n', name, 'addr', 'add', '127.0.0.1/32', 'dev', 'lo')
    const route = 'net.ipv4.conf.all.route_localnet=1'
    await ip('netns', 'exec', name, 'sysctl', '-qw', route)
    const far = ['peer', 'name', plug, 'netns', this.#hub]
    await ip('-n', name, 'link', 'add', 'eth0', 'type', 'veth', ...far)
    await ip('-n', name, 'addr', 'add', `${this.address(at)}/24`, 'dev', 'eth0')
    await ip('-n', name, 'link', 'set', 'eth0', 'up')
    await ip('-n', this.#hub, 'link', 'set', plug, 'up')
    await this.#plug(at, 'one')
  }

  #plugOf(at: number): string {
    return `plug${at}`
  }

  async #plug(at: number, side: (typeof SIDES)[number]): Promise<void> {
    await ip('-n', this.#hub, 'link', 'set', this.#plugOf(at), 'master', side)
  }
}
