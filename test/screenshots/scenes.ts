// What the screenshots show: real peers, real tabs, and counts as people would have made them.
import type { Page } from 'playwright-core'
import type { Browser, BrowserOptions } from '../support/browser.ts'
import { increment, untilValue } from '../support/peer-http.ts'
import type { PeerProcess } from '../support/peer-process.ts'
import type { Tab } from '../support/tab.ts'

export interface Scene {
  /** The file's name, without its ending. */
  readonly name: string
  readonly screen: BrowserOptions
  /** Brings the page to where it is to be taken. */
  readonly play: (stage: Stage) => Promise<Page>
}

export interface Stage {
  readonly browser: Browser
  /** A peer whose board is full of counts. */
  readonly peer: PeerProcess
  /** A peer that holds nothing. */
  readonly empty: PeerProcess
}

const desk = { width: 1200, height: 780 }
const phone = { width: 390, height: 780, scale: 1.5 }

const lobby: Readonly<Record<string, number>> = {
  'Front door': 128,
  'Side door': 47,
  Left: -61,
  Coats: 86,
  Programmes: 112,
  'Lost & found': 3,
  'Guest list': 34,
  'Water bottles': 240,
}

const others: Readonly<Record<string, number>> = {
  'stock/Chairs': 320,
  'stock/Tables': 48,
  'stock/Cables': 1204,
  'vote/Yes': 412,
  'vote/No': 188,
  'vote/Abstain': 27,
  'bar/Coffee': 391,
  'bar/Tea': 164,
  visits: 9021,
}

/** What the operator of a peer has counted over HTTP. */
export async function countAhead(http: string): Promise<void> {
  for (const [name, value] of Object.entries(lobby)) await increment(http, `lobby/${name}`, value)
  for (const [key, value] of Object.entries(others)) await increment(http, key, value)
}

async function openLobby({ browser, peer }: Stage): Promise<Tab> {
  const tab = await browser.open(peer.http, '#lobby')
  await tab.untilValueAbove('lobby/Front door', 100n)
  await tab.untilInSync()
  return tab
}

/** No focus ring where nobody would have tabbed to. */
async function rest({ page }: Tab): Promise<Page> {
  await page.mouse.move(0, 0)
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  return page
}

const tap = async (tab: Tab, key: string, times: number): Promise<void> => {
  for (let tapped = 0; tapped < times; tapped++) await tab.plus(key)
}

async function use(stage: Stage): Promise<Page> {
  const tab = await openLobby(stage)
  await tap(tab, 'lobby/Coats', 2)
  await tap(tab, 'lobby/Front door', 3)
  await untilValue(stage.peer.http, 'lobby/Front door', 131n)
  // Only now may the last exchange have shown that all is there.
  await tab.page.waitForTimeout(2_000)
  await tab.untilInSync()
  return rest(tab)
}

async function goOffline(stage: Stage): Promise<Page> {
  const tab = await openLobby(stage)
  await tab.networkSwitch.click()
  await tab.untilState('off')
  await tap(tab, 'lobby/Front door', 4)
  await tap(tab, 'lobby/Side door', 3)
  await tab.page.getByText('7 increments not yet sent').first().waitFor()
  return rest(tab)
}

async function details(stage: Stage): Promise<Page> {
  const tab = await openLobby(stage)
  const other = await stage.browser.open(stage.peer.http, '#lobby')
  await other.untilInSync()
  for (const [who, times] of [
    [tab, 3],
    [other, 5],
    [tab, 4],
    [other, 2],
  ] as const) {
    await tap(who, 'lobby/Front door', times)
    await tab.page.waitForTimeout(700)
  }
  await increment(stage.peer.http, 'lobby/Front door', 6)
  await tab.page.waitForTimeout(700)
  await tap(tab, 'lobby/Front door', 2)
  await tab.page.bringToFront()
  await tab.card('lobby/Front door').getByTestId('details').click()
  await tab.page.locator('.plot canvas').waitFor()
  return rest(tab)
}

async function network(stage: Stage): Promise<Page> {
  const tab = await openLobby(stage)
  const more = [1, 2].map(() => stage.browser.open(stage.peer.http, '#lobby'))
  for (const other of await Promise.all(more)) await other.untilInSync()
  await tab.page.bringToFront()
  await tab.page.getByTestId('state').click()
  await tab.page.locator('.network-picture .node').nth(4).waitFor()
  await tab.page.waitForTimeout(2_500)
  return rest(tab)
}

const empty = async ({ browser, empty: peer }: Stage): Promise<Page> => {
  const tab = await browser.open(peer.http)
  await tab.untilInSync()
  await tab.page.getByTestId('empty').waitFor()
  return rest(tab)
}

const start = async ({ browser, peer }: Stage): Promise<Page> => {
  const tab = await browser.open(peer.http)
  await tab.page.getByTestId('board-card').nth(3).waitFor()
  await tab.untilInSync()
  return rest(tab)
}

export const scenes: readonly Scene[] = [
  { name: 'empty', screen: desk, play: empty },
  { name: 'start', screen: desk, play: start },
  { name: 'board', screen: desk, play: use },
  { name: 'dark', screen: { ...desk, colorScheme: 'dark' }, play: use },
  { name: 'offline', screen: desk, play: goOffline },
  { name: 'details', screen: desk, play: details },
  { name: 'network', screen: desk, play: network },
  { name: 'phone', screen: phone, play: use },
  { name: 'phone-details', screen: { ...phone, colorScheme: 'dark' }, play: details },
]
