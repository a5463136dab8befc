// Tabs among themselves: over WebRTC, with and without Node peers and members.
import { expect, test } from 'vitest'
import { Browser } from './support/browser.ts'
import { increment, untilValue } from './support/peer-http.ts'
import { PeerProcess, sameAddresses } from './support/peer-process.ts'
import { BareTab, serveBareTabs } from './tabs/bare-tab.ts'
import { startMember } from './tabs/member.ts'
import { TabWorld } from './tabs/world.ts'

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const start = performance.now()
  await work()
  console.log(`${what}: ${(performance.now() - start).toFixed(0)} ms`)
}

test('two tabs see each other’s counts when their only Node peer is killed, and it catches up', async () => {
  await using world = await TabWorld.start()
  const { data, peer } = world
  const a = await world.openTab()
  const b = await world.openTab()
  await timed('two tabs are linked by WebRTC after', async () => {
    await Promise.all([a.untilLinked('webrtc'), b.untilLinked('webrtc')])
  })
  await a.count('apples', 2)
  await timed('with the peer, a count is in the other tab after', () => b.untilValue('apples', 2))

  await peer.kill()
  await a.untilState('the peer is gone', ({ links }) => links.every(({ kind }) => kind === 'tab'))
  for (const round of [1, 2, 3]) {
    await timed('without the peer, a count is in the other tab after', async () => {
      await a.count('apples', 1)
      await b.untilValue('apples', 2 * round + 1)
    })
    await b.count('apples', 1)
    await a.untilValue('apples', 2 * round + 2)
  }

  await using again = await PeerProcess.start({
    data,
    addresses: sameAddresses(peer.ready),
  })
  await timed('the peer has caught up after', () => untilValue(again.http, 'apples', 8n))
  await increment(again.http, 'apples')
  await Promise.all([a.untilValue('apples', 9), b.untilValue('apples', 9)])
  const c = await world.openTab()
  await timed('the peer introduces a third tab after', () => c.untilLinked('webrtc', 2))
  expect([...a.errors, ...b.errors]).toEqual([])
})

test('with members, two tabs see each other’s counts when the members are gone', async () => {
  await using member = await startMember()
  await using server = await serveBareTabs(member.peer)
  await using browser = await Browser.start()
  await using other = await Browser.start()
  const a = await BareTab.open(browser, server.url)
  const b = await BareTab.open(other, server.url)
  await Promise.all([a.untilLinked('webrtc'), b.untilLinked('webrtc')])
  await member.peer.kill()
  await a.untilState('the member is gone', ({ links }) => links.every(({ kind }) => kind === 'tab'))
  await a.count('apples', 2)
  await b.untilValue('apples', 2)
  await b.count('apples', 3)
  await a.untilValue('apples', 5)

  await using again = await member.restart()
  await timed('the member has caught up after', () => untilValue(again.http, 'apples', 5n))
})

test('what a tab has counted waits to be sent from that moment on', async () => {
  await using world = await TabWorld.start()
  const tab = await world.openTab()
  await tab.setOffline(true)
  expect(await tab.unsentOnCounting('apples')).toBe(1)
})

test('a tab off the network counts on; when it is back, all are equal', async () => {
  await using world = await TabWorld.start()
  const { peer } = world
  const a = await world.openTab()
  const b = await world.openTab()
  await Promise.all([a.untilLinked('webrtc'), b.untilLinked('webrtc')])
  await a.count('apples')
  await b.untilValue('apples', 1)

  await a.setOffline(true)
  await a.untilState('it is off', ({ offline, links }) => offline && links.length === 0)
  await a.count('apples', 10)
  await b.count('apples', 100)
  await increment(peer.http, 'apples', 1000)
  await b.untilValue('apples', 1101)
  expect(await a.value('apples')).toBe('11')
  await a.untilState('some is unsent', ({ unsent }) => unsent > 0)

  await timed('all are equal after', async () => {
    await a.setOffline(false)
    await Promise.all([a.untilValue('apples', 1111), b.untilValue('apples', 1111)])
    await untilValue(peer.http, 'apples', 1111n)
  })
  await a.untilState('all is sent', ({ unsent }) => unsent === 0)
  await a.untilLinked('webrtc')
})
