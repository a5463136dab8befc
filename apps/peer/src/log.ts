// Logs go to stderr as JSON lines; stdout is for what a command was asked for.
import type { Log } from '@tallymesh/sync'
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

/** Where the replica's own messages go. */
export const serviceLog = (logger: Logger): Log => ({
  info: (message, details) => logger.info(details, message),
  warn: (message, details) => logger.warn(details, message),
})
