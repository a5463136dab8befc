// How much a peer may say.
export const LOG_LEVELS: readonly string[] = Object.freeze([
  'silent',
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
])
