// Who a tab is, and what becomes of what it counted: closed, killed, frozen, with its storage in trouble.
import { expect, test } from 'vitest'
import { Browser, INSECURE_HOST } from './support/browser.ts'
import { untilValue } from './support/peer-http.ts'
import type { PageServer } from './support/page-server.ts'
import { PeerProcess } from './support/peer-process.ts'
import { until } from './support/until.ts'
import { BareTab, meetingPlaceOf, serveBareTabs } from './tabs/bare-tab.ts'
import { startMember } from './tabs/member.ts'
import { TabWorld } from './tabs/world.ts'

const openFive = async (browser: Browser, url: string): Promise<BareTab[]> =>
  Promise.all([1, 2, 3, 4, 5].map(() => BareTab.open(browser, url)))

const idsOf = async (tabs: readonly BareTab[]): Promise<Set<string>> => {
  const states = await Promise.all(tabs.map((tab) => tab.state()))
  return new Set(states.map(({ identity }) => identity!.replica))
}

test('five tabs at once have five ids; killed, closed and opened again, they have the same five', async () => {
  await using world = await TabWorld.start()
  const { peer, server, browser } = world
  const tabs = await openFive(browser, server.url)
  const ids = await idsOf(tabs)
  expect(ids.size).toBe(5)
  await Promise.all(tabs.map((tab, n) => tab.count('apples', 10 ** n)))

  for (const tab of tabs.slice(0, 3)) await tab.crash()
  for (const tab of tabs.slice(3)) await tab.page.close()
  const again = await openFive(browser, server.url)
  expect(await idsOf(again)).toEqual(ids)
  for (const tab of again) await tab.untilValue('apples', 11111)
  await untilValue(peer.http, 'apples', 11111n)
  await Promise.all(again.map((tab, n) => tab.count('apples', 10 ** n)))
  await untilValue(peer.http, 'apples', 22222n)
})

const countOfflineAndClose = async (
  browser: Browser,
  url: string,
  killPeer: () => Promise<void>,
): Promise<void> => {
  const tabs = await Promise.all([1, 2, 3].map(() => BareTab.open(browser, url)))
  await killPeer()
  for (const tab of tabs) await tab.setOffline(true)
  await Promise.all(tabs.map((tab, n) => tab.count('apples', 10 ** n)))
  for (const tab of tabs) await tab.untilState('one is unsent', ({ unsent }) => unsent === 1)
  for (const tab of tabs) await tab.page.close()
}

test('what three tabs counted offline reaches the peer with the next one that opens', async () => {
  await using world = await TabWorld.start()
  const { peer, server, browser } = world
  await countOfflineAndClose(browser, server.url, async () => {})
  const tab = await world.openTab()
  await untilValue(peer.http, 'apples', 111n)
  await tab.untilValue('apples', 111)
})

test('so it does with members, whom a tab may hand on only what its owner has signed', async () => {
  await using member = await startMember()
  await using server = await serveBareTabs(member.peer)
  await using browser = await Browser.start()
  await countOfflineAndClose(browser, server.url, () => member.peer.kill())
  // The first one takes them up, with nobody there to hand them on to; the second finds that done.
  const first = await BareTab.open(browser, server.url)
  await first.untilValue('apples', 111)
  await first.page.close()
  await BareTab.open(browser, server.url)
  await using again = await member.restart()
  await untilValue(again.http, 'apples', 111n)
})

test('what was acknowledged just before the renderer was killed is there after a reload', async () => {
  await using world = await TabWorld.start()
  const { peer } = world
  const tab = await world.openTab()
  await tab.setOffline(true)
  await peer.kill()
  expect(await tab.count('apples', 7)).toBe('7')
  await tab.crash()
  const again = await world.openTab()
  expect(await again.value('apples')).toBe('7')
})

test('a tab that was frozen while another took its lease can write nothing under it', async () => {
  await using world = await TabWorld.start()
  const { peer, browser } = world
  const frozen = await world.openTab()
  await frozen.count('apples')
  // What it had not sent would stay in its database, for whoever opens that: nobody does, here.
  await untilValue(peer.http, 'apples', 1n)
  const { identity } = await frozen.state()
  const session = await browser.context.newCDPSession(frozen.page)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })

  // No browser gives a lock away that a live tab holds, so the lease is taken behind its back.
  const other = await world.openTab()
  await other.takeLease(identity!.number!)
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  expect(await frozen.count('apples')).toBe('ERR_STORE_WRITE')
  await frozen.untilState('the lease is lost', (state) => state.identity?.lease === 'lost')
  expect(await frozen.value('apples')).toBe('1')
  await other.untilValue('apples', 1)
})

test('a tab that comes back from a freeze, with its peer restarted meanwhile, is linked again', async () => {
  await using world = await TabWorld.start()
  const { data, peer, server, browser } = world
  const tab = await world.openTab()
  await tab.untilLinked('websocket')
  const session = await browser.context.newCDPSession(tab.page)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  await peer.kill()
  await using again = await PeerProcess.start({ data })
  server.peer = await meetingPlaceOf(again)
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  await tab.untilLinked('websocket')
  await tab.count('apples', 4)
  await untilValue(again.http, 'apples', 4n)
})

/** Serves bare tabs from where a browser has no Web Locks. */
const serveOnPlainHttp = async (server: PageServer, peer: PeerProcess): Promise<string> => {
  const place = await meetingPlaceOf(peer)
  const elsewhere = (address: string): string =>
    address.replace('/ip4/127.0.0.1/', `/dns4/${INSECURE_HOST}/`)
  server.peer = { ...place, listen: place.listen.map(elsewhere) }
  return `http://${INSECURE_HOST}:${server.port}/`
}

test('on plain HTTP a tab that is too busy to answer keeps its id, and so does one that reloads', async () => {
  await using world = await TabWorld.start()
  const { peer, server, browser } = world
  const url = await serveOnPlainHttp(server, peer)
  const busy = await BareTab.open(browser, url)
  const { identity } = await busy.state()
  const stopBusy = await busy.keepBusy()
  const other = await BareTab.open(browser, url)
  await stopBusy()
  expect((await other.state()).identity!.replica).not.toBe(identity!.replica)
  await busy.count('apples', 5)
  await other.untilValue('apples', 5)

  await busy.page.reload()
  await busy.ready()
  expect((await busy.state()).identity!.replica).toBe(identity!.replica)
  expect(await busy.count('apples', 1)).toBe('6')
  await other.untilValue('apples', 6)

  // Killed, it releases nothing: nobody takes its place while it may be only asleep.
  await busy.crash()
  const third = await BareTab.open(browser, url)
  expect((await idsOf([third, other])).has(identity!.replica)).toBe(false)
  await third.untilValue('apples', 6)
})

test('on plain HTTP there are no Web Locks: tabs never share an id, and what they counted is kept', async () => {
  await using world = await TabWorld.start()
  const { peer, server, browser } = world
  const url = await serveOnPlainHttp(server, peer)
  const tabs = await openFive(browser, url)
  const states = await Promise.all(tabs.map((tab) => tab.state()))
  expect(states.map(({ secure }) => secure)).toEqual(Array(5).fill(false))
  const ids = await idsOf(tabs)
  expect(ids.size).toBe(5)
  await Promise.all(tabs.map((tab, n) => tab.count('apples', 10 ** n)))
  await untilValue(peer.http, 'apples', 11111n)
  for (const tab of tabs) await tab.setOffline(true)
  await Promise.all(tabs.map((tab, n) => tab.count('apples', 10 ** n)))
  for (const tab of tabs) await tab.page.close()

  const again = await openFive(browser, url)
  expect(await idsOf(again)).toEqual(ids)
  await untilValue(peer.http, 'apples', 22222n)
})

test('a full disk refuses to count, says so, and takes back nothing; with room, it counts again', async () => {
  await using world = await TabWorld.start()
  const { peer, server, browser } = world
  // Before there is anything: Chromium goes by what it found free a moment ago.
  const session = await browser.context.newCDPSession(await browser.context.newPage())
  const { origin } = new URL(server.url)
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 300_000 })
  const tab = await world.openTab()
  await tab.count('apples', 5)
  const fill = async (): Promise<string | undefined> => {
    const keys = Array.from({ length: 50 }, () => `${'long '.repeat(90)}${Math.random()}`)
    const answers = await Promise.all(keys.map((key) => tab.count(key)))
    return answers.find((answer) => answer !== '1')
  }
  expect(await until('it is full', fill)).toBe('ERR_STORE_WRITE')
  await tab.untilState('it says so', ({ storage }) => storage.condition === 'full')
  await untilValue(peer.http, 'apples', 5n)
  expect(await tab.value('apples')).toBe('5')

  await session.send('Storage.overrideQuotaForOrigin', { origin })
  await until('it counts again', async () => (await tab.count('apples', 1)) === '6')
  await tab.untilState('it is well', ({ storage }) => storage.condition === 'ok')
  await untilValue(peer.http, 'apples', 6n)
})

test('a tab whose database is deleted says so, still sends what it had, and goes on anew after a reload', async () => {
  await using world = await TabWorld.start()
  const { peer } = world
  const tab = await world.openTab()
  await tab.setOffline(true)
  await tab.count('apples', 5)
  const { identity } = await tab.state()
  await tab.deleteDatabase(identity!.number!)
  await tab.untilState('it is deleted', (state) => state.storage.condition === 'deleted')
  expect(await tab.count('apples', 1)).toBe('ERR_STORE_WRITE')
  await tab.setOffline(false)
  await untilValue(peer.http, 'apples', 5n)

  await tab.page.reload()
  await tab.ready()
  expect((await tab.state()).identity!.replica).not.toBe(identity!.replica)
  await tab.untilValue('apples', 5)
  await tab.count('apples', 1)
  await untilValue(peer.http, 'apples', 6n)
})
