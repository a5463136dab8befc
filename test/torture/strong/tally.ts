// What strong calls came to, and whether their history is linearizable.
import { whyNot } from '../../linear/check.ts'
import type { HistoryEvent } from '../../linear/history.ts'
import type { Level, Told } from './requests.ts'

type End = 'ok' | 'recorded' | 'nothing' | 'unknown'

const SAID: Readonly<Record<End, string>> = {
  ok: 'ok',
  recorded: 'recorded without a majority',
  nothing: 'refused',
  unknown: 'unanswered',
}

export class Tally {
  freezes = 0
  cuts = 0
  /** Reads and increments in the history. */
  operations = 0
  /** What breaks linearizability, in words. */
  verdict: string | undefined
  #checkMs = 0
  readonly #calls = new Map<string, Map<End, number>>()

  count(f: 'inc' | 'batch' | 'read', level: Level, told: Told): void {
    const call = `${f} ${level}`
    const ends = this.#calls.get(call) ?? new Map<End, number>()
    this.#calls.set(call, ends)
    const end = typeof told === 'string' ? told : 'ok'
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }

  judged(events: readonly HistoryEvent[] | undefined): void {
    if (events === undefined) return
    const startedAt = performance.now()
    this.operations = events.filter(({ type }) => type === 'invoke').length
    const reason = whyNot(events)
    this.verdict = reason === undefined ? undefined : `not linearizable: ${reason}`
    this.#checkMs = performance.now() - startedAt
  }

  lines(): string[] {
    const calls = [...this.#calls]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([call, ends]) => {
        const counts = [...ends].map(([end, count]) => `${count} ${SAID[end]}`)
        return `${call}: ${counts.join(', ')}`
      })
    const is = this.verdict === undefined ? 'linearizable' : this.verdict
    return [
      `${this.freezes} freezes (SIGSTOP), ${this.cuts} cut links`,
      ...calls,
      `the history of ${this.operations} operations is ${is} (checked in ${this.#checkMs.toFixed(0)} ms)`,
    ]
  }
}
