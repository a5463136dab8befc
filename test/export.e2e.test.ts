// An export of one cluster goes into another, by the command line and real peers.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { increment, listCounters, postJson, status } from './support/peer-http.ts'
import { PeerProcess, root } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const main = join(root, 'apps', 'peer', 'src', 'main.ts')

const tallymesh = async (...args: string[]): Promise<string> => {
  const command = ['--conditions=@tallymesh/source', main, ...args]
  return (await promisify(execFile)(process.execPath, command)).stdout.trim()
}

const imported = async (file: string, http: string): Promise<Record<string, number>> =>
  JSON.parse(await tallymesh('import', file, '--url', http, '--json')) as Record<string, number>

/** One peer, and one more that is connected with it. */
const startPair = async (
  stack: AsyncDisposableStack,
  data: string,
): Promise<[PeerProcess, PeerProcess]> => {
  const first = stack.use(await PeerProcess.start({ data: `${data}-1` }))
  const [address = ''] = first.ready.listen
  const args = ['--peer', address]
  return [first, stack.use(await PeerProcess.start({ data: `${data}-2`, args }))]
}

const untilRootsEqual = async (peers: readonly PeerProcess[]): Promise<string> =>
  until('all peers have one root', async () => {
    const roots = new Set(
      await Promise.all(peers.map(async ({ http }) => (await status(http)).root)),
    )
    return roots.size === 1 && [...roots][0]
  })

const KEYS = ['views', '🧮', 'a/b?c#d%e f', '__proto__', 'k'.repeat(512)]
const AMOUNTS = [1n, -3n, 0n, 2n ** 53n + 1n, -(2n ** 64n)]

test('an export goes into another cluster, twice, and both hold the same', async () => {
  await using data = await temporaryFolder()
  await using stack = new AsyncDisposableStack()
  const from = await startPair(stack, join(data.path, 'from'))
  const to = await startPair(stack, join(data.path, 'to'))
  const file = join(data.path, 'counters.ndjson')

  for (const [at, { http }] of from.entries())
    for (const key of KEYS)
      for (const amount of AMOUNTS) {
        const requestId = `${at} ${key.slice(0, 9)} ${amount}`
        const body = JSON.stringify({ increments: [{ key, value: `${amount}`, requestId }] })
        expect((await postJson(`${http}/v1/increments`, body)).status).toBe(200)
      }
  const fromRoot = await untilRootsEqual(from)
  await tallymesh('export', file, '--url', from[0].http)

  expect(await imported(file, to[0].http)).toEqual({ counters: 5, slots: 10, changed: 5 })
  expect(await imported(file, to[1].http)).toEqual(expect.objectContaining({ counters: 5 }))
  expect(await imported(file, to[0].http)).toEqual({ counters: 5, slots: 10, changed: 0 })
  expect(await untilRootsEqual(to)).toBe(fromRoot)
  for (const { http } of to)
    expect(await listCounters(http)).toEqual(await listCounters(from[0].http))

  // What a retry of a request finds is exported, too.
  const retry = { increments: [{ key: 'views', value: '1', requestId: '0 views 1' }] }
  const answer = await postJson(`${to[1].http}/v1/increments`, JSON.stringify(retry))
  expect(await answer.json()).toMatchObject({ results: [{ duplicate: true }] })

  // And both may count on: a later import adds what is new, and no more.
  await increment(from[1].http, 'views', 100)
  await increment(to[1].http, 'views', 1000)
  await untilRootsEqual(from)
  await tallymesh('export', file, '--url', from[0].http)
  expect(await imported(file, to[0].http)).toMatchObject({ changed: 1 })
  await untilRootsEqual(to)
  const sum = 2n * AMOUNTS.reduce((all, amount) => all + amount) + 1100n
  for (const { http } of to)
    expect((await listCounters(http)).find(({ key }) => key === 'views')?.value).toBe(`${sum}`)
})

test('a file that was cut is refused, and changes nothing', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: join(data.path, 'peer') })
  await using other = await PeerProcess.start({ data: join(data.path, 'other') })
  const file = join(data.path, 'counters.ndjson')
  await increment(peer.http, 'a')
  await increment(peer.http, 'b')
  await tallymesh('export', file, '--url', peer.http)
  const lines = (await readFile(file, 'utf8')).split('\n')
  await writeFile(file, lines.slice(0, 2).join('\n'))
  await expect(tallymesh('import', file, '--url', other.http)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the file was cut'),
  })
  expect(await status(other.http)).toMatchObject({ counters: 0, root: '0000000000000000' })
})
