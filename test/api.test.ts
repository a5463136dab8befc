// The public names, as docs/api shows them and as programs were promised them.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { DistributedKeyCounter, type VersionVector } from '@tallymesh/core'
import { MemoryStore } from '@tallymesh/storage'
import { createCounterService, DistributedConsistentCounter } from '@tallymesh/sync'
import { createLibp2p } from 'libp2p'
import { expect, expectTypeOf, test } from 'vitest'
import { API_FOLDER, writeApi } from '../docs/api.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const pages = async (folder: string): Promise<Record<string, string>> => {
  const names = (await readdir(folder)).toSorted()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return Object.fromEntries(names.map((name, i) => [name, texts[i]!]))
}

test(
  'docs/api shows the public names as they are; `pnpm docs:api` writes it anew',
  { timeout: 120_000 },
  async () => {
    await using made = await temporaryFolder()
    await writeApi(join(made.path, 'api'))
    expect(await pages(API_FOLDER)).toEqual(await pages(join(made.path, 'api')))
  },
)

test('core is called as it was promised', () => {
  const requestId = 'visit'
  const [a, b] = ['a', 'b'].map((replica) => new DistributedKeyCounter({ replica })) as [
    DistributedKeyCounter,
    DistributedKeyCounter,
  ]
  a.increment('views', 5, { requestId })
  expect([a.getValue('views'), a.getValue('never seen'), a.getOps('views')]).toEqual([5n, 0n, 1])
  b.increment('views', 2n ** 60n)
  expect(a.merge(b)).toEqual(['views'])
  expectTypeOf(a.version).toEqualTypeOf<VersionVector>()
  const bytes = a.encode({ since: b.version })
  expectTypeOf(bytes).toEqualTypeOf<Uint8Array<ArrayBuffer>>()
  expect(bytes.length).toBeLessThan(a.encode().length)
  expect(b.applyEncoded(bytes)).toEqual(['views'])
  expect(b.getValue('views')).toBe(2n ** 60n + 5n)
  expect(() => b.applyEncoded(bytes.subarray(1))).toThrow(
    expect.objectContaining({ code: 'ERR_MALFORMED' }),
  )
  expect(b.getValue('views')).toBe(2n ** 60n + 5n)
})

test('a live replica is called as it was promised', async () => {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }) },
  })
  const store = new MemoryStore()
  const members = [libp2p.peerId.toString()]
  const service = await createCounterService({ libp2p, store, namespace: 'shop', members })
  const { signal } = new AbortController()
  const seen: unknown[] = []
  service.addEventListener('change', (event) => seen.push(event.detail))
  expect(
    await service.increment('views', 5, { requestId: 'visit', ack: 'quorum', signal }),
  ).toMatchObject({ value: 5n, ops: 1, seq: 1, replica: service.replica, duplicate: false })
  expect(service.getValue('views')).toBe(5n)
  expect(await service.read('views', { consistency: 'quorum', signal })).toBe(5n)
  const counter = new DistributedKeyCounter({ replica: 'elsewhere' })
  counter.increment('views', 2)
  expect(await service.merge(counter)).toEqual(['views'])
  expect(seen).toEqual([
    expect.objectContaining({ key: 'views', value: 5n, previous: 0n, origin: 'local' }),
    expect.objectContaining({ key: 'views', value: 7n, previous: 5n, origin: 'local' }),
  ])
  expect(service.status()).toMatchObject({
    replica: service.replica,
    verified: true,
    root: expect.stringMatching(/^[0-9a-f]{16}$/),
    reach: { reached: members, missed: [] },
    hasQuorum: true,
    peers: [],
  })
  const hits = new DistributedConsistentCounter(service, 'hits')
  await hits.increment(3)
  expect(hits.getCount()).toBe(3n)
  await service.stop()
  await libp2p.stop()
})
