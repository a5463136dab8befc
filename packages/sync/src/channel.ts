// Whole messages over a stream, as it-pipe pipelines: read, decode, hand out; take, frame, write.
import { TallymeshError } from '@tallymesh/core'
import { decode, encode } from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import type { NetworkLimits } from './network-limits.ts'
import type { Channel } from './network.ts'
import { assert, plain, protocolError, Wire, type ByteStream, type Bytes } from './wire.ts'

/**
 * The empty message, sent last. The end of a stream is no proof that the peer was done: libp2p also
 * ends streams when a connection is closed, and over WebRTC when it breaks.
 */
const END = new Uint8Array([0])

/** Length prefixes longer than this are no sizes that any limit here allows. */
const MAX_PREFIX_BYTES = 8

/** Messages to and from `peer`, over a stream that nobody else reads or writes. */
export const createChannel = (peer: string, stream: ByteStream, limits: NetworkLimits): Channel => {
  const wire = new Wire(stream, limits)
  const bounds = { maxDataLength: limits.messageBytes, maxLengthLength: MAX_PREFIX_BYTES }
  return {
    peer,
    source: pipe(
      () => wire.read(),
      (chunks) => decode(chunks, bounds),
      (messages) => untilEnd(messages, wire),
    ),
    sink: (messages) =>
      pipe(
        messages,
        (source) => framed(source, limits.messageBytes),
        (frames) => wire.write(frames),
      ),
    abort: (reason) => void wire.fail(reason),
  }
}

async function* framed(messages: AsyncIterable<Uint8Array>, max: number): AsyncGenerator<Bytes> {
  for await (const message of messages) {
    const { byteLength } = message
    assert(
      byteLength > 0 && byteLength <= max,
      `a message has 1 to ${max} bytes, not ${byteLength}`,
    )
    yield encode.single(message)
  }
  yield END
}

async function* untilEnd(
  messages: AsyncIterable<Exclude<Bytes, Uint8Array>>,
  wire: Wire,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const message of messages) {
      if (message.byteLength === 0) return
      yield plain(message.subarray())
    }
    throw protocolError('the peer left in the middle')
  } catch (error) {
    throw wire.fail(readError(error))
  }
}

const PREFIX_ERRORS: ReadonlySet<string> = new Set([
  'InvalidMessageLengthError',
  'InvalidDataLengthError',
  'InvalidDataLengthLengthError',
])

const readError = (error: unknown): TallymeshError => {
  if (error instanceof TallymeshError) return error
  if (!(error instanceof Error && PREFIX_ERRORS.has(error.name)))
    return protocolError('the peer left in the middle', error)
  return new TallymeshError('ERR_MALFORMED', `a length prefix is not allowed: ${error.message}`, {
    cause: error,
  })
}
