// The store against the suite that every store passes, and under a live replica.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { storeConformance } from '@tallymesh/storage/conformance'
import { createCounterService } from '@tallymesh/sync'
import { createLibp2p } from 'libp2p'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SqliteStore } from './sqlite-store.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallymesh-sqlite-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('SqliteStore', () => {
  let places = 0
  const suite = storeConformance({
    create: () => new SqliteStore(join(folder, `${places++}.db`)),
    reopen: (store) => new SqliteStore(store.name.replace('SQLite ', '')),
  })
  test.each(suite)('$name', ({ run }) => run())
})

test('a replica finds in it what it counted', async () => {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }) },
  })
  const start = () =>
    createCounterService({
      libp2p,
      store: new SqliteStore(join(folder, 'replica.db')),
      namespace: 'shop',
    })
  const before = await start()
  await before.increment('views', 5, { requestId: 'visit' })
  await before.stop()
  const after = await start()
  expect(after.getValue('views')).toBe(5n)
  const again = await after.increment('views', 5, { requestId: 'visit' })
  expect([again.value, again.duplicate]).toEqual([5n, true])
  await after.stop()
  await libp2p.stop()
})
