// Waiting for something to become true, with a deadline that says what was awaited.
import { setTimeout as pause } from 'node:timers/promises'

export interface UntilOptions {
  readonly withinMs?: number
  readonly everyMs?: number
}

/**
 * Calls `check` until it gives something other than undefined and false, and returns that. An error
 * that it throws counts as "not yet", and stands in the message if time runs out.
 */
export async function until<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 60_000, everyMs = 20 }: UntilOptions = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  let last: unknown
  do {
    try {
      const found = await check()
      if (found !== undefined && found !== false) return found
      last = undefined
    } catch (error) {
      last = error
    }
    await pause(everyMs)
  } while (performance.now() < deadline)
  throw new Error(`Not within ${withinMs} ms: ${what}`, { cause: last })
}
