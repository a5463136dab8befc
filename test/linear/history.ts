// A history: what clients asked of counters, what they were told, and when.

/** `fail`: it never took effect. `info`: it may have, or may yet. */
export type EventType = 'invoke' | 'ok' | 'fail' | 'info'

export interface HistoryEvent {
  /** Does one thing at a time; one that was left without an answer does nothing more. */
  readonly process: number
  readonly type: EventType
  readonly f: 'inc' | 'read'
  readonly key: string
  /** Decimal digits: what is added, or what was read. Null for a read that has no answer. */
  readonly value: string | null
  /** On one clock for all processes, in any unit. */
  readonly time: number
}

/** An increment that took effect, or may have. */
export interface Increment {
  readonly kind: 'inc'
  readonly process: number
  readonly amount: bigint
  readonly invokedAt: number
  /** Infinity where it was not acknowledged: it may take effect at any later time, or never. */
  readonly returnedAt: number
}

/** A read that has an answer. */
export interface Read {
  readonly kind: 'read'
  readonly process: number
  readonly value: bigint
  readonly invokedAt: number
  readonly returnedAt: number
}

/** What is to be put in order: all that was done to one key, less what is known to have done nothing. */
export interface Operations {
  readonly increments: readonly Increment[]
  readonly reads: readonly Read[]
}

/**
 * By key.
 *
 * @throws {Error} where it is no history: an answer without a question, two questions at once
 */
export const operationsOf = (history: readonly HistoryEvent[]): Map<string, Operations> => {
  const byKey = new Map<string, { increments: Increment[]; reads: Read[] }>()
  const open = new Map<number, HistoryEvent>()
  const close = (invoked: HistoryEvent, ended: HistoryEvent | undefined): void => {
    const { process, key, time: invokedAt } = invoked
    const operations = byKey.get(key) ?? { increments: [], reads: [] }
    byKey.set(key, operations)
    if (ended?.type === 'fail') return
    const isKnown = ended !== undefined && ended.type === 'ok'
    const returnedAt = isKnown ? ended.time : Infinity
    if (invoked.f === 'inc') {
      const amount = wholeOf(invoked)
      operations.increments.push({ kind: 'inc', process, amount, invokedAt, returnedAt })
    } else if (isKnown)
      operations.reads.push({ kind: 'read', process, value: wholeOf(ended), invokedAt, returnedAt })
  }
  for (const event of history) {
    const invoked = open.get(event.process)
    if (event.type === 'invoke') {
      if (invoked !== undefined) throw new Error(`process ${event.process} does two things at once`)
      open.set(event.process, event)
      continue
    }
    if (invoked === undefined || invoked.f !== event.f || invoked.key !== event.key)
      throw new Error(`process ${event.process} has an answer to what it did not ask`)
    open.delete(event.process)
    close(invoked, event)
  }
  for (const invoked of open.values()) close(invoked, undefined)
  return byKey
}

const wholeOf = ({ value, process }: HistoryEvent): bigint => {
  if (value === null || !/^(0|-?[1-9][0-9]*)$/.test(value))
    throw new Error(`process ${process} has ${JSON.stringify(value)} for a whole number`)
  return BigInt(value)
}

/** One event a line. */
export const toLines = (history: readonly HistoryEvent[]): string =>
  history
    .map(
      ({ process, type, f, key, value, time }) =>
        `${JSON.stringify({ process, type, f, key, value, time })}\n`,
    )
    .join('')

/** @throws {Error} naming the line that is none */
export const fromLines = (text: string): HistoryEvent[] =>
  text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return []
    const event = parse(line)
    if (event === undefined) throw new Error(`line ${i + 1} is no event of a history`)
    return [event]
  })

const parse = (line: string): HistoryEvent | undefined => {
  try {
    const event = JSON.parse(line) as HistoryEvent
    return isEvent(event) ? event : undefined
  } catch {
    return undefined
  }
}

const isEvent = ({ process, type, f, key, value, time }: HistoryEvent): boolean =>
  Number.isInteger(process) &&
  ['invoke', 'ok', 'fail', 'info'].includes(type) &&
  ['inc', 'read'].includes(f) &&
  typeof key === 'string' &&
  (value === null || typeof value === 'string') &&
  typeof time === 'number'
