// The page where not all is well: at an address that is not secure, with its store deleted, after it was
// put aside by its browser. It says what it can't do, and what to do.
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { findBarriers } from './support/axe.ts'
import { Browser, INSECURE_HOST } from './support/browser.ts'
import { ensurePage } from './support/built-page.ts'
import { untilValue } from './support/peer-http.ts'
import { PeerProcess } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

beforeAll(ensurePage)

test('at an address that is not secure the page says what does not work, and counts all the same', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({
    data: data.path,
    args: ['--allow-host', INSECURE_HOST],
  })
  await using browser = await Browser.start()
  const tab = await browser.open(peer.http.replace('127.0.0.1', INSECURE_HOST), '#lobby')
  const notice = tab.page.getByText('This address is not secure (plain http).')
  await notice.waitFor()
  const words = await notice.textContent()
  for (const limit of [
    'Counts are kept in this browser',
    'can’t open while its peer is down',
    'the browser may clear what it keeps',
    'a tab that was asleep may have to be reloaded',
  ])
    expect(words).toContain(limit)
  await tab.add('door', 'lobby/door')
  await tab.plus('lobby/door')
  await tab.untilValue('lobby/door', 1n)
  await tab.page.getByRole('button', { name: 'Share' }).click()
  await tab.page.getByText('Link copied. Whoever opens it').waitFor()
  expect(await findBarriers(tab.page)).toEqual([])

  // From here the peer is out of reach, as it listens on loopback alone: what is there was kept here.
  await tab.page.reload()
  await tab.untilValue('lobby/door', 1n)
  const footer = tab.page.getByTestId('offline-ready')
  expect(await footer.textContent()).toBe('Kept in this browser')
  expect(tab.errors).toEqual([])
})

/** Deletes the databases of all replicas of this origin, as clearing the site's data does. */
function deleteStores(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name ?? '')
    for (const name of names) if (/^tallymesh\/.*\/\d+$/.test(name)) indexedDB.deleteDatabase(name)
  })
}

test('where the store is deleted under the tab, the page says so, and warns while something is not sent', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start()
  const tab = await browser.open(peer.http, '#lobby')
  const { page } = tab
  await tab.add('door', 'lobby/door')
  await tab.untilInSync()
  await tab.networkSwitch.click()
  await tab.untilState('off')
  await tab.plus('lobby/door')
  await tab.plus('lobby/door')
  await page.getByText('Off the network · 2 increments not yet sent').waitFor()
  await deleteStores(page)
  expect(await tab.untilState('trouble')).toContain(
    'Storage in trouble: this site’s data was deleted',
  )
  const notice = page.getByRole('alert').filter({ hasText: 'This site’s data was deleted' })
  await notice.getByText('2 increments are not sent yet, and would be lost').waitFor()
  await notice.getByText('Put this tab back on the network to send them.').waitFor()
  expect(await findBarriers(page)).toEqual([])
  await tab.plus('lobby/door')
  await page.getByText('This browser could not save it, so it was not counted.').waitFor()

  const asked = page.waitForEvent('dialog')
  const reload = notice.getByRole('button', { name: 'Reload' })
  // The click has not ended before the question is answered.
  const clicked = reload.click()
  const question = await asked
  expect(question.type()).toBe('beforeunload')
  await question.dismiss()
  await clicked
  expect(await tab.value('lobby/door')).toBe(2n)

  await tab.networkSwitch.click()
  await untilValue(peer.http, 'lobby/door', 2n)
  await notice.getByText('What was counted here has reached a peer.').waitFor()
  // Nobody is asked any more: a dialog that is not answered would keep the page from going.
  await reload.click()
  await notice.waitFor({ state: 'detached' })
  await tab.untilInSync()
  expect(await tab.value('lobby/door')).toBe(2n)
  await tab.plus('lobby/door')
  await untilValue(peer.http, 'lobby/door', 3n)
})

test('a page that comes back from the browser’s cache begins anew, as the same replica, and is linked again', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start({ keepsLeftPages: true })
  const tab = await browser.open(peer.http, '#lobby')
  const { page } = tab
  await tab.add('door', 'lobby/door')
  await tab.untilInSync()
  const replica = await tab.replica()
  await tab.networkSwitch.click()
  await tab.untilState('off')
  await tab.plus('lobby/door')
  await page.getByText('Off the network · 1 increment not yet sent').waitFor()
  await page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => {
      sessionStorage.setItem('came back', persisted ? 'as it was' : 'anew')
    })
    Object.assign(globalThis, { isFirst: true })
  })

  await page.goto(`${peer.http}/healthz`)
  await page.goBack({ waitUntil: 'commit' })
  await page.waitForFunction(() => !('isFirst' in globalThis))
  await tab.untilInSync()
  expect(await page.evaluate(() => sessionStorage.getItem('came back'))).toBe('as it was')
  expect(await tab.replica()).toBe(replica)
  await untilValue(peer.http, 'lobby/door', 1n)
  const other = await browser.open(peer.http, '#lobby')
  expect(await other.replica()).not.toBe(replica)
  await tab.plus('lobby/door')
  await other.untilValue('lobby/door', 2n)
})

test('a page that comes back after another has opened never shares its id', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using browser = await Browser.start({ keepsLeftPages: true })
  const tab = await browser.open(peer.http, '#lobby')
  await tab.add('door', 'lobby/door')
  await tab.plus('lobby/door')
  await tab.untilValue('lobby/door', 1n)
  await tab.untilInSync()
  const replica = await tab.replica()
  await tab.page.evaluate(() => Object.assign(globalThis, { isFirst: true }))
  await tab.page.goto(`${peer.http}/healthz`)

  // A browser may end the page for its lock, or leave it asleep with the lock; both must be safe.
  const other = await browser.open(peer.http, '#lobby')
  await other.untilValue('lobby/door', 1n)
  await other.plus('lobby/door')
  await other.untilValue('lobby/door', 2n)
  await other.untilInSync()
  await tab.page.goBack({ waitUntil: 'commit' })
  await tab.page.waitForFunction(() => !('isFirst' in globalThis))
  await tab.untilInSync()
  const ids = [await tab.replica(), await other.replica()]
  expect(new Set(ids).size).toBe(2)
  expect(ids).toContain(replica)
  await Promise.all([tab.plus('lobby/door'), other.plus('lobby/door')])
  await untilValue(peer.http, 'lobby/door', 4n)
})
