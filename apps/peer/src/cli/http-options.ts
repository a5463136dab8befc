// Options of the peer's HTTP side: where it listens, and who may ask.
import { resolve } from 'node:path'
import { Option } from 'commander'
import { DEFAULT_HTTP_ADDRESS, type HttpAddress, hostPort } from '../http/address.ts'
import { UsageError } from '../usage-error.ts'
import { checked, repeated } from './options.ts'

export interface HttpFlags {
  readonly http: HttpAddress
  readonly token?: string
  readonly cors?: readonly string[]
  readonly allowHost?: readonly string[]
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1)$/

const parseHttp = checked((text): HttpAddress => {
  const [, host = '', digits = ''] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(text) ?? []
  if (host === '' || Number(digits) > 65_535)
    throw new UsageError(`it is HOST:PORT, such as 127.0.0.1:8390 (port 0 takes a free one)`)
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(digits) }
})

const checkOrigin = (text: string): string => {
  if (/^https?:$/.test(text && URL.canParse(text) ? new URL(text).protocol : '')) {
    const { origin } = new URL(text)
    if (text === origin || text === `${origin}/`) return origin
  }
  throw new UsageError(
    `it is the origin of a page, such as https://shop.example (no path, and no *); got ${text}`,
  )
}

const checkHost = (text: string): string => {
  const name = text.toLowerCase()
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) return name
  throw new UsageError(`it is a host name without a port, such as counters.example; got ${text}`)
}

export const httpOptions = (): Option[] => {
  const { host, port } = DEFAULT_HTTP_ADDRESS
  return [
    new Option('--http <host:port>', 'where the HTTP API and the page are served')
      .env('TALLYMESH_HTTP')
      .default(DEFAULT_HTTP_ADDRESS, `${hostPort(host, port)}, or the next free port`)
      .argParser(parseHttp),
    new Option(
      '--token <file>',
      'who may use the API: lines of "read TOKEN" or "write TOKEN"; without it, on loopback, all may',
    )
      .env('TALLYMESH_TOKEN')
      .argParser((text: string) => resolve(text)),
    new Option('--cors <origin>', 'let pages of another origin use the API (repeat for more)')
      .env('TALLYMESH_CORS')
      .argParser(repeated(checkOrigin)),
    new Option(
      '--allow-host <name>',
      'a name under which HTTP is reached, beside IP addresses and localhost (repeat for more)',
    )
      .env('TALLYMESH_ALLOW_HOST')
      .argParser(repeated(checkHost)),
  ]
}

/** @throws {UsageError} for an address that others reach, with nothing to say who may */
export const checkHttpFlags = ({ http, token }: HttpFlags): void => {
  if (token !== undefined || LOOPBACK.test(http.host)) return
  throw new UsageError(
    `--http ${hostPort(http.host, http.port)} is beyond loopback, where others reach it: say with --token FILE who may read and write (or take 127.0.0.1, localhost or [::1])`,
  )
}
