// What the page's buttons do: count, and add a counter.
import { formatInteger } from './amount.ts'
import { parseName } from './counter-name.ts'
import { counters, search, service, shownKeys, wantedKey } from './state.ts'
import { announceSoon } from './announce.ts'

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

/** Counts, durably. Returns in words why it did not, or nothing where it did. */
export async function count(key: string, amount: bigint): Promise<string | undefined> {
  const replica = service.peek()
  if (replica === undefined) return 'The counters are still being opened. Try again in a moment.'
  try {
    const { value } = await replica.increment(key, amount)
    announceSoon(`${key}: ${formatInteger(value)}`)
    return undefined
  } catch (error) {
    return explain(error)
  }
}

/** Adds a counter by name, or goes to the one that has it. Returns in words what was wrong. */
export async function addCounter(typed: string): Promise<string | undefined> {
  const { key, problem } = parseName(typed)
  if (problem !== undefined) return problem
  if (counters.has(key)) {
    announceSoon(`${key} is already here.`)
  } else {
    // An increment of zero is recorded and replicated: the others see the counter as well.
    const refused = await count(key, 0n)
    if (refused !== undefined) return refused
    counters.put([{ key, value: service.peek()?.getValue(key) ?? 0n, ops: 1 }])
  }
  if (!shownKeys.peek().includes(key)) search.value = ''
  wantedKey.value = key
  return undefined
}
