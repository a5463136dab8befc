// What a peer says while it loads its store: a line in place on a terminal, else two lines of its log.
import type { Io } from './io.ts'
import { Progress } from './progress.ts'
import { count } from './text.ts'

/** As much of the peer's log as is needed here. */
export interface LoadingLog {
  info(facts: object, message: string): void
}

/** A load that is over sooner is not worth a line of the log. */
const LONG_MS = 1000

export interface Loading {
  /** So many records so far. */
  loaded(records: number): void
  /** The load is over, well or not. */
  end(): void
}

const onTerminal = (io: Io): Loading => {
  const progress = new Progress(
    io,
    (records, perSecond) =>
      `loading the store: ${count(records)} records, ${count(perSecond)} a second`,
  )
  return { loaded: (records) => progress.update(records), end: () => progress.end() }
}

const inLog = (log: LoadingLog, now: () => number): Loading => {
  const started = now()
  let records = 0
  let told = false
  return {
    loaded(so) {
      records = so
      if (told || now() - started < LONG_MS) return
      told = true
      log.info({ records }, 'loading the store')
    },
    end() {
      if (told) log.info({ records, ms: Math.round(now() - started) }, 'loaded the store')
    },
  }
}

export const createLoading = (
  io: Io,
  log: LoadingLog,
  json: boolean,
  now: () => number = () => performance.now(),
): Loading => (io.progress === undefined || json ? inLog(log, now) : onTerminal(io))
