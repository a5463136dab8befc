// A real browser tab and a real peer: both count, both see each other's counts, and the tab does not
// need the peer.
import { beforeAll, expect, test } from 'vitest'
import { Browser } from './support/browser.ts'
import { ensurePage } from './support/built-page.ts'
import { increment, untilValue } from './support/peer-http.ts'
import { PeerProcess, sameAddresses } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

beforeAll(ensurePage)

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const start = performance.now()
  await work()
  console.log(`${what}: ${(performance.now() - start).toFixed(0)} ms`)
}

test('a click in the tab shows at the peer, and an increment at the peer in the tab', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  const tab = await browser.open(peer.http)
  await tab.untilState('connected')
  await tab.add('apples')
  await untilValue(peer.http, 'apples', 0n)

  for (const round of [1n, 3n, 5n]) {
    await timed('a click in the tab is at the peer after', async () => {
      await tab.plus('apples')
      await untilValue(peer.http, 'apples', round, { everyMs: 2 })
    })
    await timed('an increment at the peer is in the tab after', async () => {
      await increment(peer.http, 'apples')
      await tab.untilValue('apples', round + 1n)
    })
  }
  expect(tab.errors).toEqual([])
})

test('any amount counts exactly, and what is no amount is explained', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start({ width: 390, height: 844, colorScheme: 'dark' })
  const tab = await browser.open(peer.http)
  await tab.add('pears')

  await tab.typeAmount('pears', '9007199254740993')
  await tab.plus('pears')
  await tab.untilValue('pears', 9007199254740993n)
  await tab.typeAmount('pears', '−2')
  await tab.minus('pears')
  await tab.untilValue('pears', 9007199254740995n)
  await untilValue(peer.http, 'pears', 9007199254740995n)

  for (const amount of ['1.5', 'abc', '1,000']) {
    await tab.typeAmount('pears', amount)
    await tab.plus('pears')
    expect(await tab.problem('pears')).toContain(amount)
  }
  expect(await tab.value('pears')).toBe(9007199254740995n)

  const overflow = await tab.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow).toBe(0)
})

test('the tab goes on without the peer, over a reload, and both agree when it is back', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  const tab = await browser.open(peer.http)
  await tab.untilState('connected')
  await tab.add('apples')
  await tab.plus('apples')
  await untilValue(peer.http, 'apples', 1n)
  await increment(peer.http, 'from the peer', 40)
  await tab.untilValue('from the peer', 40n)
  await tab.untilKeptOffline()
  const replica = await tab.replica()

  await peer.kill()
  await tab.untilState('offline')
  await tab.plus('apples')
  await tab.untilValue('apples', 2n)

  await timed('reloaded with the peer stopped, the tab shows its values after', async () => {
    await tab.page.reload()
    await tab.untilValue('apples', 2n)
    await tab.untilValue('from the peer', 40n)
  })
  expect(await tab.replica()).toBe(replica)
  await tab.untilKeptOffline()
  await tab.plus('apples')
  await tab.minus('from the peer')
  await tab.untilValue('apples', 3n)
  await tab.untilValue('from the peer', 39n)
  expect(await tab.untilState('offline')).toContain('not yet sent')

  await using again = await PeerProcess.start({
    data: data.path,
    addresses: sameAddresses(peer.ready),
  })
  await timed('both agree, after the peer is back, within', async () => {
    await untilValue(again.http, 'apples', 3n)
    await untilValue(again.http, 'from the peer', 39n)
  })
  await tab.untilState('connected')
  await increment(again.http, 'apples')
  await tab.untilValue('apples', 4n)
  expect(again.ready.replica).toBe(peer.ready.replica)
})

test('two tabs are two replicas, and a closed tab’s id is used again', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  const first = await browser.open(peer.http)
  const second = await browser.open(peer.http)
  const ids = [await first.replica(), await second.replica()]
  expect(new Set([...ids, peer.ready.replica]).size).toBe(3)

  await first.add('plums')
  await second.untilValue('plums', 0n)
  await Promise.all([first.plus('plums'), second.plus('plums'), second.plus('plums')])
  await Promise.all([first.untilValue('plums', 3n), second.untilValue('plums', 3n)])

  await second.page.close()
  const third = await browser.open(peer.http)
  expect(await third.replica()).toBe(ids[1])
  await third.untilValue('plums', 3n)
})

test('a tab whose database was deleted goes on under a new id', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  const tab = await browser.open(peer.http)
  const id = await tab.replica()
  await tab.add('figs')
  await tab.plus('figs')
  await untilValue(peer.http, 'figs', 1n)
  const [database = ''] = await tab.page.evaluate(async () => {
    const all = await indexedDB.databases()
    return all.map(({ name }) => name ?? '').filter((name) => /^tallymesh\/.*\/\d+$/.test(name))
  })
  await tab.page.goto(`${peer.http}/v1/status`)
  await tab.page.evaluate(
    (name) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name)
        request.addEventListener('success', () => resolve())
        request.addEventListener('error', () => reject(request.error))
      }),
    database,
  )
  const again = await browser.open(peer.http)
  expect(await again.replica()).not.toBe(id)
  await again.untilValue('figs', 1n)
  await again.plus('figs')
  await untilValue(peer.http, 'figs', 2n)
})
