// Strong calls that are under way, and when each must have ended.
import type { SimNode } from '../sim-node.ts'
import type { Timeline } from '../timeline.ts'

/** A call that waits for nothing but its turn ends so soon after its limit. Virtual milliseconds. */
const SLACK_MS = 1
/** A commit that is under way is not given up at the limit, and the slowest disk takes its time over some. */
const RECORDING_MS = 15_000

export interface StrongCall {
  readonly node: SimNode
  readonly life: number
  readonly what: string
}

export class StrongCalls {
  readonly #timeline: Timeline
  readonly #violate: (message: string) => void
  readonly #open = new Set<StrongCall>()

  constructor(timeline: Timeline, violate: (message: string) => void) {
    this.#timeline = timeline
    this.#violate = violate
  }

  get isQuiet(): boolean {
    return this.#open.size === 0
  }

  /** A call begins at a live node. Returns what says that it has ended: false where its process died before. */
  begin(node: SimNode, what: string, limitMs: number, records: boolean): () => boolean {
    const call = { node, life: node.life, what }
    this.#open.add(call)
    const slack = records ? RECORDING_MS : SLACK_MS
    // By the node's own clock, as wrong as it may be.
    const cancel = node.clock!.after(limitMs, () =>
      this.#timeline.after(slack, () => {
        if (this.#open.has(call))
          this.#violate(`${what} at ${node.name} goes on past its limit of ${limitMs} ms`)
      }),
    )
    return () => {
      cancel()
      return this.#open.delete(call)
    }
  }

  /** A process died, and with it all that it had not answered. */
  crashed(node: SimNode): void {
    for (const call of this.#open) if (call.node === node) this.#open.delete(call)
  }

  /** Who stops leaves no caller waiting. */
  checkStopped(): void {
    for (const { node, life, what } of this.#open)
      if (!node.isRunning || node.life !== life)
        this.#violate(`${what} at ${node.name} still waits, and the service has stopped`)
  }
}
