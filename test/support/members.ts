// A cluster of members, each a real peer in a process of its own, that is stopped, copied and damaged.
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { identityFile, makeDataFolder, storeFolder } from '../../apps/peer/src/data-folder.ts'
import { loadOrCreateIdentity } from '../../apps/peer/src/identity.ts'
import { getCounter, increment, status, type MemberStatusAnswer } from './peer-http.ts'
import { PeerProcess } from './peer-process.ts'
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

const KEY = 'n'
const FREE_PORTS = ['--http', '127.0.0.1:0', '--listen', '/ip4/127.0.0.1/tcp/0']

/** One data folder, and the process that runs on it. */
export class MemberPeer {
  readonly data: string
  readonly peerId: string
  readonly #cluster: Members
  #process: PeerProcess | undefined

  constructor(cluster: Members, data: string, peerId: string) {
    this.#cluster = cluster
    this.data = data
    this.peerId = peerId
  }

  get isUp(): boolean {
    return this.#process !== undefined
  }

  get process(): PeerProcess {
    if (this.#process === undefined) throw new Error(`No process runs on ${this.data}.`)
    return this.#process
  }

  /** Connects to all members that are up. */
  async start(): Promise<this> {
    this.#process = await this.launch()
    return this
  }

  launch(): Promise<PeerProcess> {
    const args = this.#cluster.argumentsFor(this.peerId)
    const env = this.#cluster.environmentOf(this)
    return PeerProcess.start({ data: this.data, addresses: FREE_PORTS, args, env })
  }

  async stop(): Promise<void> {
    await this.process.stop()
    this.#process = undefined
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
    this.#process = undefined
  }

  /** Lives, and does nothing. */
  freeze(): void {
    process.kill(this.process.pid!, 'SIGSTOP')
  }

  thaw(): void {
    process.kill(this.process.pid!, 'SIGCONT')
  }

  /** An amount that no other increment has, by HTTP. */
  async count(): Promise<void> {
    await increment(this.process.http, KEY, `${this.#cluster.nextAmount()}`)
  }

  async status(): Promise<MemberStatusAnswer> {
    // Whoever has members tells of them.
    return (await status(this.process.http)) as MemberStatusAnswer
  }

  async untilVerified(): Promise<MemberStatusAnswer> {
    return until(`${this.data} is verified`, async () => {
      const found = await this.status()
      return found.verified && found
    })
  }

  /** A copy of its folder, as `start` finds it after `restore`. */
  async backUp(): Promise<string> {
    const backup = `${this.data}-backup`
    await rm(backup, { recursive: true, force: true })
    await cp(this.data, backup, { recursive: true })
    return backup
  }

  async restore(backup: string): Promise<void> {
    await rm(this.data, { recursive: true })
    await cp(backup, this.data, { recursive: true })
  }

  /** Its disk is new, but for its private key. */
  async loseStore(): Promise<void> {
    await rm(storeFolder(this.data), { recursive: true })
  }

  get store(): string {
    return storeFolder(this.data)
  }
}

/** Each increment is the next power of 4: the sum's digits to that base tell how often each counted. */
export class Members implements AsyncDisposable {
  readonly peers: MemberPeer[] = []
  readonly #folder: TemporaryFolder
  readonly #environments: readonly NodeJS.ProcessEnv[]
  #increments = 0

  private constructor(folder: TemporaryFolder, environments: readonly NodeJS.ProcessEnv[]) {
    this.#folder = folder
    this.#environments = environments
  }

  /** @param environments what each peer's process has beside what all have */
  static async start(count = 3, environments: readonly NodeJS.ProcessEnv[] = []): Promise<Members> {
    const members = new Members(await temporaryFolder(), environments)
    for (let i = 0; i < count; i++) await members.#make(`${i}`)
    try {
      for (const peer of members.peers) await peer.start()
    } catch (error) {
      await members[Symbol.asyncDispose]()
      throw error
    }
    return members
  }

  async #make(name: string): Promise<void> {
    const data = join(this.#folder.path, name)
    await makeDataFolder(data)
    const { peerId } = await loadOrCreateIdentity(identityFile(data))
    this.peers.push(new MemberPeer(this, data, peerId))
  }

  /** A peer on a copy of the folder of another, not started yet. */
  async copy(peer: MemberPeer): Promise<MemberPeer> {
    const data = `${peer.data}-copy`
    await cp(peer.data, data, { recursive: true })
    const copy = new MemberPeer(this, data, peer.peerId)
    this.peers.push(copy)
    return copy
  }

  argumentsFor(peerId: string): string[] {
    const ids = new Set(this.peers.map((peer) => peer.peerId))
    const others = this.#up().filter((peer) => peer.peerId !== peerId)
    return [
      ...[...ids].flatMap((id) => ['--member', id]),
      ...others.flatMap((peer) => ['--peer', peer.process.ready.listen[0]!]),
    ]
  }

  environmentOf(peer: MemberPeer): NodeJS.ProcessEnv {
    return this.#environments[this.peers.indexOf(peer)] ?? {}
  }

  nextAmount(): bigint {
    return 4n ** BigInt(this.#increments++)
  }

  /** Waits until each increment counts once at all that run, and all hold the same. */
  async untilEqual(): Promise<void> {
    const once = '1'.repeat(this.#increments)
    let seen: string[] = []
    const equal = async (): Promise<boolean> => {
      seen = await Promise.all(
        this.#up().map(async ({ process: { http } }) => {
          const { value } = await getCounter(http, KEY)
          return `${BigInt(value).toString(4)} ${(await status(http)).root}`
        }),
      )
      return seen.every((one) => one === seen[0] && one.startsWith(`${once} `))
    }
    try {
      await until('all agree', equal, { everyMs: 100 })
    } catch (cause) {
      throw new Error(
        `Each of ${once} was to count once, and all roots to be equal: ${seen.join()}`,
        {
          cause,
        },
      )
    }
  }

  #up(): MemberPeer[] {
    return this.peers.filter(({ isUp }) => isUp)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.peers.map((peer) => peer.kill()))
    await this.#folder[Symbol.asyncDispose]()
  }
}
