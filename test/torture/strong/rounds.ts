// Round after round: members are killed, frozen and cut off under strong calls, and come back; in the end all is read.
import { setTimeout as pause } from 'node:timers/promises'
import type { SeededRandom } from '../../sim/random.ts'
import { Violation } from '../checker.ts'
import type { Scene } from '../client.ts'
import type { Cluster, TorturedPeer } from '../cluster.ts'
import { inTime } from '../in-time.ts'
import type { CountedKey } from '../ledger.ts'
import type { Links } from '../links.ts'
import { readStrongly } from './client.ts'
import { type Fault, planStrongRound } from './faults.ts'
import type { Tally } from './tally.ts'

/** Members that run find a majority within this; one that restarts while another is away needs 10 s. */
const PROGRESS_MS = 60_000
const AGAIN_MS = 50

export class StrongRounds {
  readonly #cluster: Cluster
  readonly #scene: Scene
  readonly #tally: Tally
  readonly #random: SeededRandom
  /** Once it fires, nothing is started any more. */
  readonly #signal: AbortSignal
  readonly #longestFaultMs: number | undefined
  readonly #links: Links | undefined

  constructor(
    cluster: Cluster,
    scene: Scene,
    tally: Tally,
    random: SeededRandom,
    signal: AbortSignal,
    longestFaultMs?: number,
    links?: Links,
  ) {
    this.#links = links
    this.#longestFaultMs = longestFaultMs
    this.#cluster = cluster
    this.#scene = scene
    this.#tally = tally
    this.#random = random
    this.#signal = signal
  }

  /** @throws {Violation} */
  async run(count: number, onRound: (done: number) => void): Promise<void> {
    const { report, gate } = this.#scene
    while (report.rounds < count && !this.#signal.aborted) {
      await this.#round()
      onRound(++report.rounds)
    }
    await gate.close()
    await this.#readAll()
    if (!this.#signal.aborted) await this.#cluster.agree()
  }

  async #round(): Promise<void> {
    const { ledger } = this.#scene
    const { acknowledged, faults, settles } = planStrongRound(
      this.#random,
      this.#cluster.peers.length,
      this.#longestFaultMs,
    )
    await inTime(ledger.untilAcknowledged(acknowledged), this.#signal)
    await Promise.all(faults.map((fault) => this.#strike(fault)))
    if (settles) await this.#readAll()
  }

  async #strike({ peer: at, kind, afterMs, forMs }: Fault): Promise<void> {
    const { process } = this.#cluster.peers[at]!
    const { report } = this.#scene
    await this.#pause(afterMs)
    if (kind === 'cut' && this.#links !== undefined) return this.#cut(this.#links, at, forMs)
    if (kind !== 'kill') {
      this.#tally.freezes++
      process.freeze()
      await this.#pause(forMs)
      if (kind !== 'freeze and kill') return process.thaw()
    }
    report.kills++
    await process.kill()
    if (kind === 'kill') await this.#pause(forMs)
    if (!this.#signal.aborted) await process.start()
  }

  async #cut(links: Links, at: number, forMs: number): Promise<void> {
    this.#tally.cuts++
    await links.cut(at)
    await this.#pause(forMs)
    await links.mend(at)
  }

  /** Strong calls succeed at every peer again. */
  async #readAll(): Promise<void> {
    await Promise.all(this.#cluster.peers.map((peer) => this.#read(peer)))
  }

  /** @throws {Violation} where it can't be read in time, though a majority runs */
  async #read(peer: TorturedPeer): Promise<void> {
    const { ledger } = this.#scene
    for (let choice = 0; choice < ledger.choices; choice++)
      await this.#readOne(peer, ledger.choose(choice))
  }

  async #readOne(peer: TorturedPeer, counter: CountedKey): Promise<void> {
    const deadline = performance.now() + PROGRESS_MS
    while (!this.#signal.aborted) {
      if (await readStrongly(this.#scene, this.#tally, peer, counter, 'quorum')) return
      if (performance.now() > deadline)
        throw new Violation(
          `${peer.shown.name} finds no majority in ${PROGRESS_MS} ms, though all run`,
        )
      await this.#pause(AGAIN_MS)
    }
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#signal }).catch(() => undefined)
  }
}
