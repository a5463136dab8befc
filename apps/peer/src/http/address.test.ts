import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { AddressTakenError, hostPort, listenHttp } from './address.ts'

const servers: Server[] = []
const open = (): Server => {
  const server = createServer()
  servers.push(server)
  return server
}
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const host = '127.0.0.1'
const portOf = (url: string): number => Number(new URL(url).port)

test('port 0 takes a free one', async () => {
  expect(portOf(await listenHttp(open(), { host, port: 0 }))).toBeGreaterThan(0)
})

test('an address that was named and is taken is an error that says which', async () => {
  const port = portOf(await listenHttp(open(), { host, port: 0 }))
  const trying = listenHttp(open(), { host, port })
  await expect(trying).rejects.toThrow(AddressTakenError)
  await expect(trying).rejects.toThrow(`127.0.0.1:${port}`)
})

test('the default moves on to a free port', async () => {
  const port = portOf(await listenHttp(open(), { host, port: 0 }))
  const url = await listenHttp(open(), { host, port, isDefault: true })
  expect(portOf(url)).toBeGreaterThan(port)
})

test('writes IPv6 hosts as URLs need them', () => {
  expect(hostPort('::1', 80)).toBe('[::1]:80')
})
