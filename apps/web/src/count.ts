// What the page's buttons do: count, take the last tap back, and add a counter.
import { type Signal, signal } from '@preact/signals'
import { announceSoon } from './announce.ts'
import { formatInteger, formatSigned } from './amount.ts'
import { boardOf, nameOf } from './board/key.ts'
import { parseName } from './counter-name.ts'
import { counters, place, positions, search, service, tab, wanted } from './state.ts'

/** Errors that tell a person something, in the page's words. */
const words: Readonly<Record<string, string>> = {
  ERR_TOTAL_LIMIT: 'That would be more than a counter holds (about 308 digits).',
  ERR_STORE_WRITE: 'This browser could not save it, so it was not counted.',
  ERR_STOPPED: 'This tab has stopped. Reload the page.',
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'It was not counted.'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return words[code] ?? `It was not counted: ${error.message}`
}

/** What was last counted here by a tap. */
export interface Tap {
  readonly key: string
  readonly amount: bigint
  /** Whether this is what took a tap back; that is not taken back again. */
  readonly isUndo: boolean
}

export const lastTap: Signal<Tap | undefined> = signal(undefined)

async function record(key: string, amount: bigint): Promise<string | undefined> {
  const replica = service.peek()
  if (replica === undefined) return 'The counters are still being opened. Try again in a moment.'
  if (tab.peek().identity?.lease === 'lost')
    return 'Another tab counts for this one now. Reload the page.'
  try {
    const { value } = await replica.increment(key, amount)
    announceSoon(`${nameOf(key)}: ${formatInteger(value)}`)
    return undefined
  } catch (error) {
    return explain(error)
  }
}

/** Counts, durably. Returns in words why it did not, or nothing where it did. */
export async function count(key: string, amount: bigint): Promise<string | undefined> {
  const problem = await record(key, amount)
  if (problem === undefined && amount !== 0n) lastTap.value = { key, amount, isUndo: false }
  return problem
}

/** Counts the opposite of the last tap. Nothing is erased: both are increments like any other. */
export async function undoLastTap(): Promise<string | undefined> {
  const tap = lastTap.peek()
  if (tap === undefined || tap.isUndo) return undefined
  // At once, so that a second press does not take it back twice.
  lastTap.value = { key: tap.key, amount: -tap.amount, isUndo: true }
  const problem = await record(tap.key, -tap.amount)
  if (problem === undefined)
    announceSoon(`Taken back: ${formatSigned(-tap.amount)} on ${nameOf(tap.key)}`)
  else lastTap.value = tap
  return problem
}

/** Adds a counter to the board that is shown, or goes to the one that has the name. */
export async function addCounter(typed: string): Promise<string | undefined> {
  const { key, problem } = parseName(typed, place.peek().board)
  if (problem !== undefined) return problem
  if (counters.has(key)) announceSoon(`${nameOf(key)} is already here.`)
  else {
    // An increment of zero is recorded and replicated: the others see the counter as well.
    const refused = await record(key, 0n)
    if (refused !== undefined) return refused
    counters.put([{ key, value: service.peek()?.getValue(key) ?? 0n, ops: 1 }])
  }
  if (!positions.peek().has(key)) search.value = ''
  // On the start page, a name with a slash in it makes a board's counter.
  if (!positions.peek().has(key)) location.hash = `#${encodeURIComponent(boardOf(key))}`
  wanted.value = { key, control: 'plus' }
  return undefined
}
