// What fetch tells, between the lines, about a request that got no answer.

/** Only these prove that nothing went out. Browsers never say; then it is not known. */
const BEFORE_SENDING: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo'])
const NO_CONNECTION: ReadonlySet<unknown> = new Set(['UND_ERR_CONNECT_TIMEOUT'])

/** Node's fetch hides what the network said in the cause, and some of that in an AggregateError. */
const causesOf = (error: unknown): readonly unknown[] => {
  if (error instanceof AggregateError && error.errors.length > 0)
    return (error.errors as unknown[]).flatMap(causesOf)
  return error instanceof Error && error.cause !== undefined ? causesOf(error.cause) : [error]
}

const field = (error: unknown, name: 'code' | 'syscall'): unknown =>
  error instanceof Error
    ? (error as Error & { code?: unknown; syscall?: unknown })[name]
    : undefined

/** Whether the request certainly never left: no connection was made for it. */
export const neverSent = (error: unknown): boolean =>
  causesOf(error).every(
    (cause) =>
      BEFORE_SENDING.has(field(cause, 'syscall')) ||
      NO_CONNECTION.has(field(cause, 'code')) ||
      // Ports that fetch itself refuses to call.
      (cause instanceof Error && cause.message === 'bad port'),
  )

/** What the network said, in a word or two. */
export const reasonOf = (error: unknown): string => {
  const [cause] = causesOf(error)
  const code = field(cause, 'code')
  if (typeof code === 'string') return code
  return cause instanceof Error ? cause.message : String(cause)
}
