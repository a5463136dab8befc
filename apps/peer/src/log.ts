// Logs go to stderr as JSON lines; stdout is for what a command was asked for.
import { destination, type Logger, pino, stdSerializers } from 'pino'

/** Writes at once: the last line before a crash is the one that is wanted. */
export const createLogger = (level: string): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: { err: stdSerializers.err, error: stdSerializers.err },
    },
    destination({ fd: 2, sync: true }),
  )

/** What a replica tells in daily life: of note to whoever looks for it, no more. */
const ROUTINE: ReadonlySet<string> = new Set([
  'caught up',
  'an exchange failed',
  'the store is well again',
])

/** Where the replica's own messages go. */
export const serviceLog =
  (logger: Logger) =>
  (message: string, details: Readonly<Record<string, unknown>>): void =>
    logger[ROUTINE.has(message) ? 'info' : 'warn'](details, message)
