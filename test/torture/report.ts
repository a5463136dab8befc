// What a run came to.
import { hasCounted, type Ledger } from './ledger.ts'

export class Report {
  readonly #startedAt = performance.now()
  rounds = 0
  kills = 0
  killsWhileStarting = 0
  killsAtReady = 0
  checks = 0
  reads = 0
  /** Increments that were answered after a request without an answer. */
  retried = 0
  /** Requests sent again after their answer. */
  repeated = 0
  slowestAgreementMs = 0

  /** Once the ledger is settled. */
  lines(ledger: Ledger): string[] {
    const increments = [...ledger.increments()]
    const ended = (outcome: string) => increments.filter((each) => each.outcome === outcome)
    const unanswered = ended('unanswered')
    const seconds = (performance.now() - this.#startedAt) / 1000
    return [
      `${this.rounds} rounds in ${seconds.toFixed(0)} s, ${this.kills} kills` +
        ` (${this.killsWhileStarting} of a peer that was starting, ${this.killsAtReady} within ms of its ready line)`,
      `${increments.length} increments of ${ledger.keys.size} keys: ${ended('acknowledged').length} acknowledged,` +
        ` ${unanswered.length} sent and not answered (${unanswered.filter(hasCounted).length} of them counted),` +
        ` ${ended('refused').length} refused`,
      `${this.retried} acknowledged after a retry of what was not answered, ${this.repeated} sent again after their answer`,
      `${this.reads} reads under load, ${this.checks} checks of all keys of a peer,` +
        ` slowest agreement ${this.slowestAgreementMs.toFixed(0)} ms`,
    ]
  }
}
