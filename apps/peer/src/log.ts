// Logs go to stderr as JSON lines; stdout is for what a command was asked for.
import type { Log } from '@tallymesh/sync'
import { destination, type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

/** Whose lines they are: on each of them, as far as it is known. */
export interface Who {
  peer?: string
  replica?: string
}

export interface LoggerOptions {
  /** Read at each line, since a replica may go on under another id. */
  readonly who?: () => Who
  /** stderr if left out. */
  readonly to?: DestinationStream
}

/** `peer` and `replica` are this peer's own on every line; another that a line is about gets other names. */
const withWho = (said: object, who: object): object => {
  const { peer, replica, ...rest } = said as Who
  return {
    ...who,
    ...(peer !== undefined && { remote: peer }),
    ...(replica !== undefined && { ofReplica: replica }),
    ...rest,
  }
}

/** Never whole: a header may hold a token, a body what someone counts. */
const requestOf = (request: object): object => {
  const { method, routeOptions } = request as { method?: string; routeOptions?: { url?: string } }
  return { method, route: routeOptions?.url }
}

/** Writes at once: the last line before a crash is the one that is wanted. */
export const createLogger = (level: string, { who = () => ({}), to }: LoggerOptions = {}): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: { err: stdSerializers.err, error: stdSerializers.err, req: requestOf },
      mixin: () => ({ ...who() }),
      mixinMergeStrategy: withWho,
    },
    to ?? destination({ fd: 2, sync: true }),
  )

/** Where the replica's own messages go. */
export const serviceLog = (logger: Logger): Log => ({
  info: (message, details) => logger.info(details, message),
  warn: (message, details) => logger.warn(details, message),
})
