// The page as people use it, by what its parts are called: boards, the switch, undo, details, keys.
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { Browser } from './support/browser.ts'
import { ensurePage } from './support/built-page.ts'
import { increment, untilValue } from './support/peer-http.ts'
import { PeerProcess } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

beforeAll(ensurePage)

test('a tab goes off the network and comes back, and the page says how it stands at each step', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  const tab = await browser.open(peer.http, '#lobby')
  await tab.add('door', 'lobby/door')
  await tab.untilInSync()
  await tab.untilItSays('In sync with 1 peer')

  await tab.networkSwitch.click()
  await tab.untilItSays('Off the network · nothing waits to be sent')
  await expect.poll(() => tab.networkSwitch.getAttribute('aria-checked')).toBe('false')

  for (const value of [1n, 2n, 3n]) {
    await tab.plus('lobby/door')
    await tab.untilValue('lobby/door', value)
  }
  await increment(peer.http, 'lobby/door', 40)
  await tab.page.getByText('Off the network · 3 increments not yet sent').waitFor()
  expect(await tab.value('lobby/door')).toBe(3n)
  await untilValue(peer.http, 'lobby/door', 40n)

  await tab.networkSwitch.click()
  await tab.untilValue('lobby/door', 43n)
  await untilValue(peer.http, 'lobby/door', 43n)
  await tab.untilInSync()
  await tab.untilItSays('In sync with 1 peer')
  expect(tab.errors).toEqual([])
})

test('a board is its link: whoever opens it counts on the same counters', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const tab = await browser.open(peer.http)
  await tab.add('on no board')
  const { page } = tab
  await page.getByRole('textbox', { name: 'Name of a board' }).fill('lobby')
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByRole('heading', { level: 1, name: 'lobby' }).waitFor()
  await tab.add('door', 'lobby/door')
  await tab.add('coats', 'lobby/coats')
  await page.getByRole('button', { name: 'Add 1 to door' }).click()
  await page.getByRole('button', { name: 'Share' }).click()
  await page.getByText('Link copied. It opens on this machine only').waitFor()

  const link = await page.evaluate(() => navigator.clipboard.readText())
  expect(link).toBe(`${peer.http}/#lobby`)
  const other = await browser.open(link.replace(/\/#.*/, ''), '#lobby')
  await other.untilValue('lobby/door', 1n)
  await other.page.getByRole('button', { name: 'Add 1 to coats' }).click()
  await tab.untilValue('lobby/coats', 1n)
  await page.locator('[data-testid=total][data-value="2"]').waitFor()
  expect(await tab.card('on no board').count()).toBe(0)

  await page.getByRole('searchbox').fill('COAT')
  await expect.poll(() => tab.card('lobby/door').count()).toBe(0)
  expect(await tab.card('lobby/coats').count()).toBe(1)
  await page.getByRole('link', { name: 'All boards' }).click()
  await tab.card('on no board').waitFor()
  await page.getByRole('link', { name: /^lobby/ }).click()
  await tab.card('lobby/door').waitFor()
  expect(tab.errors).toEqual([])
})

test('any amount, undo, and the whole way by keyboard', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start({ width: 900 })
  const tab = await browser.open(peer.http, '#lobby')
  const { page } = tab
  await tab.add('a', 'lobby/a')
  await tab.add('b', 'lobby/b')
  await page.getByRole('button', { name: 'Add 1 to b' }).focus()

  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('+')
  await tab.untilValue('lobby/a', 1n)
  const focused = page.locator(':focus')
  await page.keyboard.press('Shift+Enter')
  await page.getByRole('textbox', { name: 'Amount for a' }).and(focused).waitFor()
  await page.keyboard.type('41')
  await page.keyboard.press('Enter')
  await tab.untilValue('lobby/a', 42n)
  // For that one time: the next press counts one, from where it was pressed before.
  await page.getByRole('button', { name: 'Add 1 to a' }).and(focused).waitFor()
  await page.keyboard.press('Enter')
  await tab.untilValue('lobby/a', 43n)

  await page.getByRole('button', { name: 'Undo: count −1 on a' }).waitFor()
  await page.keyboard.press('u')
  await tab.untilValue('lobby/a', 42n)
  await page.getByText('Taken back: −1 counted on a').waitFor()
  await page.keyboard.press('u')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('-')
  await tab.untilValue('lobby/b', -1n)
  expect(await tab.value('lobby/a')).toBe(42n)

  const minus = page.getByRole('button', { name: 'Subtract 1 from b' })
  await minus.dispatchEvent('pointerdown', { button: 0 })
  await page.getByRole('textbox', { name: 'Amount for b' }).and(focused).waitFor()
  await minus.dispatchEvent('pointerup', { button: 0 })
  await page.keyboard.type('9')
  await page.keyboard.press('Enter')
  await tab.untilValue('lobby/b', -10n)

  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Help' }).waitFor()
  await page.getByRole('checkbox', { name: /Keys without Ctrl/ }).uncheck()
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  expect(await page.getByRole('dialog').count()).toBe(0)
  await page.keyboard.press('Control+z')
  await tab.untilValue('lobby/b', -1n)
  expect(tab.errors).toEqual([])
})

test('the details tell who counted how much, and how it went, also after a reload', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  const tab = await browser.open(peer.http, '#lobby')
  const { page } = tab
  await tab.add('door', 'lobby/door')
  await tab.typeAmount('lobby/door', '12')
  await tab.plus('lobby/door')
  await increment(peer.http, 'lobby/door', -20)
  await tab.untilValue('lobby/door', -8n)

  await page.getByRole('link', { name: 'door: details' }).click()
  const details = page.getByRole('dialog', { name: 'door' })
  const shares = details.getByTestId('share')
  await expect
    .poll(() => shares.allTextContents())
    .toEqual([
      expect.stringMatching(/^Node peer …\w{6} 1 increment−20$/),
      expect.stringMatching(/^This tab +2 increments\+12$/),
    ])
  await expect
    .poll(() => details.getByTestId('plot-words').textContent())
    .toMatch(/^From 0 to −8 since .*, between −8 and \d+, as this tab saw it\.$/)
  await details.getByRole('img', { name: /^From 0 to −8/ }).waitFor()
  expect(page.url()).toBe(`${peer.http}/#lobby/door`)
  // Written within seconds, or when the tab is hidden.
  await expect.poll(() => lastKept(tab.page)).toEqual([-8])

  // The details are there before the counter is.
  await page.reload()
  await details.locator('[data-testid=value][data-value="-8"]').waitFor()
  await details.getByText('3 increments in all').waitFor()
  await expect.poll(() => details.getByTestId('plot-words').textContent()).toContain('From 0 to −8')
  await details.getByRole('button', { name: 'Close' }).click()
  await page.waitForURL(`${peer.http}/#lobby`)
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(tab.errors).toEqual([])
})

/** The last value in each history that IndexedDB has. */
function lastKept(page: Page): Promise<(number | undefined)[]> {
  return page.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name ?? '')
    const name = names.find((each) => each.endsWith('/history'))
    if (name === undefined) return []
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name)
      request.addEventListener('success', () => resolve(request.result))
      request.addEventListener('error', () => reject(request.error))
    })
    const all: IDBRequest<{ value: number }[][]> = database
      .transaction('series')
      .objectStore('series')
      .getAll()
    return new Promise<(number | undefined)[]>((resolve) => {
      all.addEventListener('success', () => {
        database.close()
        resolve(all.result.map((series) => series.at(-1)?.value))
      })
    })
  })
}

test('the network is a picture, and the same in words', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  const tab = await browser.open(peer.http, '#lobby')
  await tab.untilInSync()
  const { page } = tab
  await page.getByRole('button', { name: /^In sync with 1 peer.*Show the network$/ }).click()
  const network = page.getByRole('dialog', { name: 'Network' })
  const links = network.getByRole('list', { name: 'Links' }).getByRole('listitem')
  await expect
    .poll(() => links.allTextContents())
    .toEqual([expect.stringMatching(/^Node peer …\w{6}in step · over WebSocket/)])
  await network.locator('.node[data-kind=node]').waitFor()

  await network.getByRole('switch', { name: 'Network' }).click()
  await expect
    .poll(() => links.allTextContents())
    .toEqual([expect.stringMatching(/^Node peer …\w{6}cut off$/)])
  await network.locator('.node[data-gone=true]').waitFor()
  await network.getByRole('switch', { name: 'Network' }).click()
  await expect
    .poll(() => links.allTextContents())
    .toEqual([expect.stringMatching(/^Node peer …\w{6}in step/)])
  expect(tab.errors).toEqual([])
})
