import { MemoryStore } from '@tallymesh/storage'
import { expect, test } from 'vitest'
import { loadCounter } from './load-counter.ts'
import { startReplica } from './service.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import type { CounterService } from './types.ts'

const start = (peer: string, store: MemoryStore): Promise<CounterService> =>
  startReplica({
    network: new FakeNetwork(peer),
    store,
    namespace: 'shop',
    members: [],
    clock: new FakeClock(),
    random: Math.random,
    log: { info() {}, warn() {} },
  })

test('what a stopped replica has stored is taken over by another, and known to be all of it', async () => {
  const store = new MemoryStore()
  const closed = await start('closed', store)
  await closed.increment('views', 3)
  await closed.increment('views', 4)
  await closed.stop()

  await store.open()
  const left = await loadCounter(store, 'closed')
  expect(left.getValue('views')).toBe(7n)
  const other = new MemoryStore()
  const open = await start('open', other)
  expect(await open.applyEncoded(left.encode())).toEqual(['views'])
  expect(await open.applyEncoded(left.encode())).toEqual([])
  expect(open.getValue('views')).toBe(7n)
  await open.stop()

  await other.open()
  expect((await loadCounter(other, 'open')).version).toEqual(new Map([['closed', 2]]))
})

test('bytes that are none of a state are refused, and change nothing', async () => {
  const service = await start('open', new MemoryStore())
  await expect(service.applyEncoded(Uint8Array.of(255, 1))).rejects.toMatchObject({
    code: 'ERR_MALFORMED',
  })
  expect(service.status().counters).toBe(0)
  await service.stop()
})
