// Decoders may refuse bytes in one way only.
import { TallymeshError } from '../errors.ts'

/** What `read` gives; undefined where it refuses. Every other error goes through, and fails the test. */
export const malformedOrRead = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof TallymeshError && error.code === 'ERR_MALFORMED') return undefined
    throw error
  }
}
