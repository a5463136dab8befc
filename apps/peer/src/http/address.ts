// Where HTTP listens: an address that was asked for, or the first free one from the default on.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HttpAddress {
  readonly host: string
  readonly port: number
  /** Nobody named it: the next free port will do as well. */
  readonly isDefault?: boolean
}

export const DEFAULT_HTTP_ADDRESS: HttpAddress = Object.freeze({
  host: '127.0.0.1',
  port: 8390,
  isDefault: true,
})

/** How many ports from the default on are tried: as many peers as one person starts by hand. */
const PORTS_TRIED = 100

export class AddressTakenError extends Error {
  constructor(host: string, port: number, options?: ErrorOptions) {
    super(
      `the HTTP address ${hostPort(host, port)} is taken by another program; name another with --http HOST:PORT (port 0 takes a free one)`,
      options,
    )
    this.name = 'AddressTakenError'
  }
}

export const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

const listenOnce = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      reject(
        error.code === 'EADDRINUSE' ? new AddressTakenError(host, port, { cause: error }) : error,
      )
    server.once('error', fail)
    server.listen({ host, port }, () => {
      server.off('error', fail)
      resolve()
    })
  })

const listenFrom = async (server: Server, host: string, first: number): Promise<void> => {
  for (let port = first; port < first + PORTS_TRIED; port++) {
    try {
      return await listenOnce(server, host, port)
    } catch (error) {
      if (!(error instanceof AddressTakenError)) throw error
    }
  }
  return listenOnce(server, host, 0)
}

/**
 * Listens, and gives the base URL at which the server is reached.
 *
 * @throws {AddressTakenError} if the address was named and is taken
 */
export const listenHttp = async (server: Server, address: HttpAddress): Promise<string> => {
  const { host, port, isDefault = false } = address
  await (isDefault ? listenFrom(server, host, port) : listenOnce(server, host, port))
  const bound = server.address() as AddressInfo
  return `http://${hostPort(host, bound.port)}`
}
