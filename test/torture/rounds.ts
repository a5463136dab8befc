// Round after round: peers are killed under load, come back, and are counted up.
import { setTimeout as pause } from 'node:timers/promises'
import type { SeededRandom } from '../sim/random.ts'
import type { Scene } from './client.ts'
import type { Cluster, TorturedPeer } from './cluster.ts'
import { inTime } from './in-time.ts'
import { type EarlyKill, planRound, READY_KILL_MS, type Victim } from './kills.ts'

export class Rounds {
  readonly #cluster: Cluster
  readonly #scene: Scene
  readonly #random: SeededRandom
  /** Once it fires, nothing is started any more. */
  readonly #signal: AbortSignal

  constructor(cluster: Cluster, scene: Scene, random: SeededRandom, signal: AbortSignal) {
    this.#cluster = cluster
    this.#scene = scene
    this.#random = random
    this.#signal = signal
  }

  /** @throws {Violation} */
  async run(count: number, onRound: (done: number) => void): Promise<void> {
    const { report } = this.#scene
    while (report.rounds < count && !this.#signal.aborted) {
      await this.#round()
      onRound(++report.rounds)
    }
  }

  async #round(): Promise<void> {
    const { ledger, gate } = this.#scene
    const { peers } = this.#cluster
    const { acknowledged, thenMs, victims } = planRound(this.#random, peers.length)
    await inTime(ledger.untilAcknowledged(acknowledged), this.#signal)
    await pause(thenMs)
    await Promise.all(victims.map((victim) => this.#restart(victim)))
    await gate.close()
    await this.#cluster.agree()
    gate.open()
  }

  async #restart({ peer: at, early }: Victim): Promise<void> {
    const peer = this.#cluster.peers[at]!
    await this.#kill(peer)
    for (const kill of early) await this.#startBriefly(peer, kill)
    if (this.#signal.aborted) return
    await peer.process.start()
    // Clients have been at it since before it was ready: what it held then is there at once.
    await this.#cluster.check(peer)
  }

  async #startBriefly(peer: TorturedPeer, { at, share }: EarlyKill): Promise<void> {
    if (this.#signal.aborted) return
    const { report } = this.#scene
    const started = peer.process.start()
    if (at === 'starting') {
      await pause(share * peer.process.startMs)
      report.killsWhileStarting++
    } else {
      await started
      await pause(share * READY_KILL_MS)
      report.killsAtReady++
    }
    await this.#kill(peer)
    await started
  }

  async #kill({ process }: TorturedPeer): Promise<void> {
    this.#scene.report.kills++
    await process.kill()
  }
}
