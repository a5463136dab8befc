// What the page asks of people, of their networks and of their machines: axe finds no barrier, the scripts
// are small, and a tap costs the same however many counters there are.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { findBarriers } from './support/axe.ts'
import { Browser } from './support/browser.ts'
import { ensurePage } from './support/built-page.ts'
import { postJson } from './support/peer-http.ts'
import { PeerProcess, root } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

beforeAll(ensurePage)

const screens = [
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 390, height: 844, colorScheme: 'dark' },
] as const

test.for(screens)('axe finds nothing serious at $width pixels, $colorScheme', async (screen) => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start(screen)
  const tab = await browser.open(peer.http)
  const { page } = tab
  const barriers: Record<string, string[]> = {}
  const look = async (state: string): Promise<void> => {
    barriers[state] = await findBarriers(page)
  }
  await page.getByTestId('empty').waitFor()
  await tab.untilInSync()
  await look('empty')
  await page.getByRole('textbox', { name: 'Name of a board' }).fill('lobby')
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByTestId('empty').waitFor()
  await look('an empty board')
  for (const name of [
    'door',
    'coats',
    'a name that is much longer than there is room for on a card',
  ])
    await tab.add(name, `lobby/${name}`)
  await tab.plus('lobby/door')
  // It comes with the count, and fades in.
  await page.getByTestId('undo').waitFor()
  await tab.typeAmount('lobby/coats', '1.5')
  await tab.plus('lobby/coats')
  await look('in use, with a problem')
  await page.getByRole('link', { name: 'door: details' }).click()
  await page.locator('.plot canvas').waitFor()
  await look('details')
  await page.keyboard.press('Escape')
  await page.getByTestId('state').click()
  await page.locator('.network-picture .node').nth(1).waitFor()
  await look('network')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Help and keyboard shortcuts' }).click()
  await look('help')
  await page.keyboard.press('Escape')
  await tab.networkSwitch.click()
  await tab.untilState('off')
  await tab.plus('lobby/door')
  await tab.untilValue('lobby/door', 2n)
  await page.getByTestId('undo').waitFor()
  await look('off the network')
  await page.getByRole('link', { name: 'All boards' }).click()
  await page.getByTestId('board-card').waitFor()
  await look('the start page')

  const found = Object.entries(barriers).filter(([, each]) => each.length > 0)
  expect(found).toEqual([])
  expect(Object.keys(barriers).length).toBe(8)
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow).toBe(0)
})

/** What a phone on a bad network has to load before it counts with others. */
const mostBytes = 250 * 1024

test('the scripts that a tab loads until it is in sync are at most 250 KB gzipped', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  const page = await browser.context.newPage()
  const loaded = new Set<string>()
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.startsWith('/assets/') && pathname.endsWith('.js')) loaded.add(pathname)
  })
  await page.goto(`${peer.http}/`)
  await page.locator('[data-testid=state][data-in-sync=true]').waitFor({ timeout: 30_000 })
  const dist = join(root, 'apps', 'web', 'dist')
  const sizes = [...loaded].map((name) => gzipSync(readFileSync(join(dist, name))).length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const all = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js')).length
  console.log(`${(total / 1024).toFixed(0)} KB gzipped in ${loaded.size} of ${all} scripts`)
  expect(loaded.size).toBeGreaterThan(1)
  expect(total).toBeLessThanOrEqual(mostBytes)
})

/** Puts counters `board/0`, `board/1`, … at a peer, a thousand at a time. */
async function fill(http: string, board: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1_000) {
    const increments = Array.from({ length: Math.min(1_000, count - from) }, (_, at) => ({
      key: `${board}/${from + at}`,
      value: 1,
    }))
    const response = await postJson(`${http}/v1/increments`, JSON.stringify({ increments }))
    expect(response.status).toBe(200)
  }
}

/** How many nodes of the page one tap touches, as its own mutation records tell. */
async function touchedByTap(page: Page): Promise<number> {
  await page.evaluate(() => {
    const watched = globalThis as unknown as { touched: Set<Node> }
    watched.touched = new Set()
    new MutationObserver((records) => {
      for (const { target } of records) watched.touched.add(target)
    }).observe(document.querySelector('main')!, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    })
  })
  await page.getByRole('button', { name: 'Add 1 to 0', exact: true }).click()
  await page.locator('[data-key$="/0"] [data-value="2"]').waitFor()
  return page.evaluate(() => (globalThis as unknown as { touched: Set<Node> }).touched.size)
}

test('with 10,000 counters a tap changes as little of the page as with ten', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  await fill(peer.http, 'few', 10)
  await fill(peer.http, 'many', 10_000)
  const few = await browser.open(peer.http, '#few')
  await few.untilInSync()
  const touched = await touchedByTap(few.page)
  await few.page.close()

  const many = await browser.open(peer.http, '#many')
  await many.page.getByText('Total of 10,000 counters').waitFor({ timeout: 30_000 })
  await many.untilInSync()
  expect(await touchedByTap(many.page)).toBeLessThanOrEqual(touched)
  expect(await many.page.getByTestId('counter').count()).toBeLessThan(60)

  await many.page.keyboard.press('End')
  await many.card('many/9999').waitFor()
  expect(await many.page.getByTestId('counter').count()).toBeLessThan(60)
  expect(many.errors).toEqual([])
})
