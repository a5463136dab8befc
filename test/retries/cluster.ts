// Three real members at addresses that stay theirs, to be killed and frozen while they are asked.
import { join } from 'node:path'
import { identityFile, makeDataFolder } from '../../apps/peer/src/data-folder.ts'
import { loadOrCreateIdentity } from '../../apps/peer/src/identity.ts'
import { PeerProcess, sameAddresses } from '../support/peer-process.ts'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'

const PEERS = 3

class Peer {
  readonly #start: (peer: Peer) => Promise<PeerProcess>
  readonly data: string
  #process: PeerProcess | undefined
  #ready: PeerProcess['ready'] | undefined

  constructor(data: string, start: (peer: Peer) => Promise<PeerProcess>) {
    this.data = data
    this.#start = start
  }

  /** Of its last start. */
  get ready(): PeerProcess['ready'] | undefined {
    return this.#ready
  }

  async start(): Promise<void> {
    this.#process = await this.#start(this)
    this.#ready = this.#process.ready
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
    this.#process = undefined
  }

  /** Lives, is reached, and does not answer. */
  freeze(): void {
    process.kill(this.#process!.pid!, 'SIGSTOP')
  }

  thaw(): void {
    process.kill(this.#process!.pid!, 'SIGCONT')
  }
}

export class RetriedCluster implements AsyncDisposable {
  readonly #folder: TemporaryFolder
  readonly #members: readonly string[]
  readonly peers: readonly Peer[]

  private constructor(
    folder: TemporaryFolder,
    folders: readonly string[],
    members: readonly string[],
  ) {
    this.#folder = folder
    this.#members = members
    this.peers = folders.map((data) => new Peer(data, (peer) => this.#launch(peer)))
  }

  static async start(): Promise<RetriedCluster> {
    const folder = await temporaryFolder()
    const folders = Array.from({ length: PEERS }, (_, i) => join(folder.path, `${i}`))
    const members: string[] = []
    for (const data of folders) {
      await makeDataFolder(data)
      members.push((await loadOrCreateIdentity(identityFile(data))).peerId)
    }
    const cluster = new RetriedCluster(folder, folders, members)
    try {
      for (const peer of cluster.peers) await peer.start()
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
    return cluster
  }

  get urls(): string[] {
    return this.peers.flatMap(({ ready }) => ready?.http ?? [])
  }

  #launch(peer: Peer): Promise<PeerProcess> {
    const others = this.peers.filter((other) => other !== peer)
    const args = [
      ...this.#members.flatMap((id) => ['--member', id]),
      ...others.flatMap(({ ready }) => (ready === undefined ? [] : ['--peer', ready.listen[0]!])),
    ]
    const where = peer.ready === undefined ? {} : { addresses: sameAddresses(peer.ready) }
    return PeerProcess.start({ data: peer.data, args, ...where })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.peers.map((peer) => peer.kill()))
    await this.#folder[Symbol.asyncDispose]()
  }
}
