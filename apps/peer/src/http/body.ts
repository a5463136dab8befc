// Reads a JSON body without letting it lose anything on the way.
import { badRequest } from './problems.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

const decode = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes)
  } catch {
    throw badRequest('the body is not valid UTF-8')
  }
}

/** Whether a JSON number with a fraction or an exponent stands for an integer, however it rounds. */
const isIntegral = (source: string): boolean => {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? []
  const scale = Number(exponent) - fraction.length
  // The last `-scale` digits are the ones behind the point.
  return scale >= 0 || /^0*$/.test((whole + fraction).slice(scale))
}

// Every number of this API is an integer, and JSON.parse rounds: 1.00000000000000000001 becomes 1.
const refuseRounded = (_key: string, value: unknown, context?: { source?: string }): unknown => {
  const source = context?.source
  // 1.5 is still 1.5: the schema refuses it, and says where it was.
  if (source !== undefined && Number.isInteger(value) && !isIntegral(source))
    throw badRequest(`a JSON number here must be an integer; got ${source.slice(0, 40)}`)
  return value
}

/** Text in which JSON.parse may meet such a number. Plain digits need no second look. */
const mayRound = /\d[.eE]/

/**
 * @throws {HttpError} 400 for a body that is empty, not UTF-8, not JSON, or has a number that is not
 *   an integer
 */
export const parseJson = (bytes: Uint8Array): unknown => {
  if (bytes.byteLength === 0) throw badRequest('the body is empty; send a JSON object, at least {}')
  const text = decode(bytes)
  try {
    const parsed: unknown = JSON.parse(text)
    return mayRound.test(text) ? JSON.parse(text, refuseRounded) : parsed
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw badRequest(`the body must be a JSON object such as {"value": 5}: ${error.message}`)
  }
}
