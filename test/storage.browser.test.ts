// The browser store in a real Chromium: the suite of all stores, two tabs, and a killed renderer.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Page as Tab } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requireBrowser } from '../scripts/browser.ts'
import type { Page } from './storage/page.ts'
import { PageServer } from './support/page-server.ts'

declare const page: Page

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking']

let server: PageServer
let profile: string
let context: BrowserContext

const launch = (): Promise<BrowserContext> =>
  chromium.launchPersistentContext(profile, { executablePath: requireBrowser(), args: flags })

const newTab = async (): Promise<Tab> => {
  const tab = await context.newPage()
  await tab.goto(server.url)
  await tab.waitForFunction(() => 'page' in globalThis)
  return tab
}

beforeAll(async () => {
  server = await PageServer.start(fileURLToPath(new URL('storage/page.ts', import.meta.url)))
  profile = await mkdtemp(join(tmpdir(), 'tallymesh-browser-'))
  context = await launch()
}, 60_000)

afterAll(async () => {
  await context?.close()
  await server?.[Symbol.asyncDispose]()
  await rm(profile, { recursive: true, force: true, maxRetries: 5 })
})

test('conforms', async () => {
  const tab = await newTab()
  const outcomes = await tab.evaluate(() => page.conformance())
  expect(outcomes.length).toBeGreaterThan(10)
  expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([])
  expect(await tab.evaluate(() => page.exclusive)).toBe('lock')
  await tab.close()
}, 60_000)

test('is held by one tab; what it acknowledged survives the death of its renderer', async () => {
  const [writer, other] = [await newTab(), await newTab()]
  let acknowledged = 0
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  writer.on('console', (message) => {
    acknowledged = Number(message.text().split(' ')[1]) + 1
    if (acknowledged === 50) resolve()
  })
  await writer.evaluate(() => void page.writeForever())
  await enough
  expect(await other.evaluate(() => page.tryToOpen())).toBe('ERR_STORE_LOCKED')

  const crashed = writer.waitForEvent('crash')
  await Promise.all([crashed, writer.goto('chrome://crash').catch(() => undefined)])
  await expect.poll(() => other.evaluate(() => page.tryToOpen())).toBe('open')
  await other.close()
  await context.close()
  context = await launch()
  const held = await (await newTab()).evaluate(() => page.countHeld())
  expect(held).toBeGreaterThanOrEqual(acknowledged)
}, 60_000)
