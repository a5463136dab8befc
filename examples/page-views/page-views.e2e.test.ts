import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startPageViews, type PageViews } from './page-views.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallymesh-views-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const start = (name: string, peers: readonly string[] = []): Promise<PageViews> =>
  startPageViews({ folder: join(folder, name), port: 0, peers })

const open = async ({ url }: PageViews, path: string): Promise<bigint> => {
  const page = await (await fetch(`${url}${path}`)).text()
  return BigInt(/seen (\d+) times/.exec(page)![1]!)
}

const knows = async ({ counters }: PageViews, path: string, views: bigint): Promise<void> => {
  while (counters.getValue(`views ${path}`) !== views)
    await new Promise((resolve) => counters.addEventListener('change', resolve, { once: true }))
}

test('three servers count together, and one that was away lacks nothing', async () => {
  const one = await start('one')
  const two = await start('two', one.addresses)
  const three = await start('three', one.addresses)
  await Promise.all([one, two, three].flatMap((server) => [open(server, '/'), open(server, '/')]))
  await Promise.all([one, two, three].map((server) => knows(server, '/', 6n)))

  await two.stop()
  await open(one, '/')
  const again = await start('two', three.addresses)
  await knows(again, '/', 7n)
  expect(await open(again, '/')).toBe(8n)
  expect(await open(again, '/about')).toBe(1n)
  await Promise.all([knows(one, '/about', 1n), knows(three, '/about', 1n)])
  // Its key stayed with its store: it is the same replica as before.
  expect(one.counters.status().replicas).toBe(3)
  await Promise.all([one, again, three].map((server) => server.stop()))
})

test('a path that is too long for a key is refused, and counts nothing', async () => {
  const server = await start('one')
  const { status } = await fetch(`${server.url}/${'x'.repeat(600)}`)
  expect([status, server.counters.list().counters]).toEqual([400, []])
  await server.stop()
})
