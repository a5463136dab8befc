// What many runs came to.
import { FAULTS, noFaults } from './faults.ts'
import type { RunResult } from './run.ts'

export class Report {
  readonly #faults = noFaults()
  readonly #runsWith = noFaults()
  readonly #startedAt = performance.now()
  runs = 0
  #events = 0
  #virtualMs = 0
  #acknowledged = 0
  #lost = 0
  #duplicates = 0
  readonly #rounds: number[] = []
  #slowestHeal = { ms: 0, seed: 0 }

  add(result: RunResult): void {
    this.runs++
    this.#events += result.events
    this.#virtualMs += result.virtualMs
    this.#acknowledged += result.acknowledged
    this.#lost += result.lost
    this.#duplicates += result.duplicates
    result.rounds.forEach((reads, rounds) => {
      this.#rounds[rounds] = (this.#rounds[rounds] ?? 0) + reads
    })
    for (const fault of FAULTS) {
      this.#faults[fault] += result.faults[fault]
      if (result.faults[fault] > 0) this.#runsWith[fault]++
    }
    if (result.healedInMs > this.#slowestHeal.ms)
      this.#slowestHeal = { ms: result.healedInMs, seed: result.plan.seed }
  }

  lines(): string[] {
    const seconds = (performance.now() - this.#startedAt) / 1000
    const rounds = Object.entries(this.#rounds).map(([taken, reads]) => `${taken}: ${reads}`)
    return [
      ...FAULTS.map(
        (fault) =>
          `${fault.padEnd(18)} ${String(this.#faults[fault]).padStart(9)} times in ${this.#runsWith[fault]} runs`,
      ),
      `${this.runs} runs in ${seconds.toFixed(0)} s (${(this.runs / seconds).toFixed(1)} a second), ` +
        `${(this.#virtualMs / 3_600_000).toFixed(1)} virtual hours, ${this.#events} events`,
      `${this.#acknowledged} calls acknowledged, ${this.#lost} lost in crashes, ${this.#duplicates} repeats told so`,
      ...(rounds.length === 0 ? [] : [`rounds of strong reads: ${rounds.join(', ')}`]),
      `slowest to become equal after healing: ${this.#slowestHeal.ms} virtual ms (seed ${this.#slowestHeal.seed})`,
    ]
  }
}
