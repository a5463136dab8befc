import { afterAll, beforeAll, expect, test } from 'vitest'
import { Browser } from '../../test/support/browser.ts'
import { servePage, type ServedPage } from '../../test/support/served-page.ts'

let site: ServedPage
beforeAll(async () => {
  site = await servePage(import.meta.dirname)
})
afterAll(() => site?.[Symbol.asyncDispose]())

test('all who use a counter show each increment, and follow when the key changes', async () => {
  await using browser = await Browser.start()
  const page = await browser.context.newPage()
  await page.goto(site.url)
  const plus = page.getByRole('button', { name: '+' })
  const shown = (text: string) => page.locator('#sentence', { hasText: text }).waitFor()
  await shown('0 apples')
  await plus.click()
  await plus.click()
  await shown('2 apples')
  expect(await page.locator('output').textContent()).toBe('2')
  await page.locator('select').selectOption('pears')
  await shown('0 pears')
  await page.getByRole('button', { name: '−' }).click()
  await shown('-1 pears')
  await page.locator('select').selectOption('apples')
  await shown('2 apples')
})
