// Writes a history down while it happens.
import type { HistoryEvent } from './history.ts'

type Outcome = 'ok' | 'fail' | 'info'

/** One call, from its start to its end. */
export interface Recorded {
  /** @param value what was read; left out where nothing was */
  end(type: Outcome, value?: bigint): void
}

/** Gives each call a process of its own: what never ends keeps nobody waiting. */
export class Recorder {
  readonly history: HistoryEvent[] = []
  readonly #now: () => number
  #free: number[] = []
  #processes = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** @param amount what an increment adds; undefined for a read */
  begin(key: string, amount?: bigint): Recorded {
    const process = this.#free.pop() ?? this.#processes++
    const f = amount === undefined ? 'read' : 'inc'
    const asked = amount === undefined ? null : `${amount}`
    const write = (type: HistoryEvent['type'], value: string | null): void => {
      this.history.push({ process, type, f, key, value, time: this.#now() })
    }
    write('invoke', asked)
    let isOver = false
    return {
      end: (type, value) => {
        if (isOver) return
        isOver = true
        write(type, value === undefined ? asked : `${value}`)
        // After an `info` it may still be at it.
        if (type !== 'info') this.#free.push(process)
      },
    }
  }
}
