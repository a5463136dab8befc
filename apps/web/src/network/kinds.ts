// Which peers are tabs and which are Node peers: told by the links that this tab has or had.
import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { tab } from '../state.ts'

type Kinds = ReadonlyMap<string, 'tab' | 'node'>

/** Tabs come and go under ever new ids. */
const maxKinds = 300

const memory = 'tallymesh/peer-kinds'

function remembered(): Kinds {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(memory) ?? '[]')
    if (!Array.isArray(kept)) return new Map()
    const pairs = (kept as unknown[]).filter(
      (pair): pair is [string, 'tab' | 'node'] =>
        Array.isArray(pair) && typeof pair[0] === 'string' && ['tab', 'node'].includes(pair[1]),
    )
    return new Map(pairs)
  } catch {
    return new Map()
  }
}

const known: Signal<Kinds> = signal(remembered())

/** By peer id. */
export const kinds: ReadonlySignal<Kinds> = known

/** Takes in kinds that were learned, by whatever way. */
export function learnKinds(learned: Iterable<readonly [string, 'tab' | 'node']>): void {
  const news = [...learned].filter(([peer, kind]) => known.peek().get(peer) !== kind)
  if (news.length === 0) return
  const all = [...known.peek(), ...news].slice(-maxKinds)
  known.value = new Map(all)
  try {
    localStorage.setItem(memory, JSON.stringify(all))
  } catch {
    // Full: after a reload, fewer replicas go by their kind.
  }
}

effect(() => {
  learnKinds(tab.value.links.map(({ peer, kind }) => [peer, kind] as const))
})
