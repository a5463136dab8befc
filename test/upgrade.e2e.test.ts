// Data folders that earlier versions have left: this version's peer goes on with them.
import { chmod, cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { identityFile } from '../apps/peer/src/data-folder.ts'
import { FORMAT_VERSION } from '../packages/storage/src/records.ts'
import { getCounter, increment, listCounters, postJson, status } from './support/peer-http.ts'
import { PeerProcess } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const STORES = join(import.meta.dirname, 'fixtures', 'stores')

/** What was counted on each of them. */
const COUNTED: Readonly<Record<string, readonly [value: string, ops: number]>> = {
  '-odd': ['-9', 1],
  big: ['123456789012345678901234567890', 1],
  orders: ['1', 1],
  views: ['23', 22],
  zero: ['0', 1],
  '🎉/é ключ': ['7', 1],
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [`k${at + 1}`, [`${at + 1}`, 1] as const]),
  ),
}

const folders = (await readdir(STORES)).filter((name) => /^v\d+$/.test(name))

test('there is a data folder of every storage format', () => {
  expect(folders.toSorted()).toEqual(
    Array.from({ length: FORMAT_VERSION }, (_, at) => `v${at + 1}`),
  )
})

test.each(folders)('a peer starts on a store of format %s, and counts on', async (name) => {
  await using copy = await temporaryFolder()
  const data = join(copy.path, name)
  await cp(join(STORES, name), data, { recursive: true })
  // Git keeps no more of a mode than whether it may be executed.
  await chmod(identityFile(data), 0o600)
  {
    await using peer = await PeerProcess.start({ data })
    const told = await listCounters(peer.http)
    expect(Object.fromEntries(told.map(({ key, value, ops }) => [key, [value, ops]]))).toEqual(
      COUNTED,
    )
    expect(await status(peer.http)).toMatchObject({
      replica: peer.ready.peerId,
      verified: true,
      damaged: 0,
      replicas: 1,
    })
    // A retry of what was counted by the earlier version counts once.
    const retry = await postJson(
      `${peer.http}/v1/counters/orders/increment`,
      '{"requestId":"order-17"}',
    )
    expect(await retry.json()).toMatchObject({ value: '1', duplicate: true })
    await increment(peer.http, 'views', 1)
    await peer.stop()
  }
  await using again = await PeerProcess.start({ data })
  expect(await getCounter(again.http, 'views')).toMatchObject({ value: '24', ops: 23 })
})
