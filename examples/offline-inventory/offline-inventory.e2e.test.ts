import { afterAll, beforeAll, expect, test } from 'vitest'
import { freeBlock } from '../../scripts/ports.ts'
import { Browser } from '../../test/support/browser.ts'
import { servePage, type ServedPage } from '../../test/support/served-page.ts'
import { startOffice } from './office.ts'

type Page = Awaited<ReturnType<Browser['context']['newPage']>>

let site: ServedPage
beforeAll(async () => {
  site = await servePage(import.meta.dirname)
})
afterAll(() => site?.[Symbol.asyncDispose]())

const shows = (page: Page, item: string, count: number): Promise<unknown> =>
  page.locator(`output#${item}`, { hasText: new RegExp(`^${count}$`) }).waitFor({ timeout: 60_000 })

const press = async (page: Page, name: string, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await page.getByRole('button', { name, exact: true }).click()
}

test('two tabs count with nobody in reach, one is closed and opened again, and all meet', async () => {
  const [port] = await freeBlock(18_400, 1, new Set())
  const address = `/ip4/127.0.0.1/tcp/${port}/ws`
  await using browser = await Browser.start()
  const open = async (shelf: string): Promise<Page> => {
    const page = await browser.context.newPage()
    await page.goto(`${site.url}?shelf=${shelf}&peer=${encodeURIComponent(address)}`)
    return page
  }
  const [left, right] = [await open('left'), await open('right')]
  await press(left, 'add bolts', 5)
  await press(right, 'add bolts', 2)
  await press(right, 'take nuts', 1)
  await shows(left, 'bolts', 5)
  await shows(right, 'bolts', 2)
  await right.close()
  const again = await open('right')
  await shows(again, 'bolts', 2)

  const office = await startOffice(address)
  try {
    for (const page of [left, again]) {
      await shows(page, 'bolts', 7)
      await shows(page, 'nuts', -1)
    }
    await press(again, 'take bolts', 3)
    await shows(left, 'bolts', 4)
    expect(office.services.counters.getValue('bolts')).toBe(4n)
    expect(office.services.counters.status().replicas).toBe(2)
  } finally {
    await office.stop()
  }
})
