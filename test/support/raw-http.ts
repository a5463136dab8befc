// HTTP requests as no client would write them.
import { Agent, request, type IncomingHttpHeaders } from 'node:http'

export interface RawRequest {
  readonly method: string
  /** Sent as it is. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 })

export const sendRaw = (
  http: string,
  { method, path, headers = {}, body }: RawRequest,
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(http)
    const sent = request({ agent, hostname, port, method, path, headers }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => void pieces.push(piece))
      answer.once('end', () =>
        resolve({
          status: answer.statusCode!,
          headers: answer.headers,
          text: Buffer.concat(pieces).toString(),
        }),
      )
      answer.once('error', reject)
    })
    sent.once('error', reject)
    sent.end(body)
  })
