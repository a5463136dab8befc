// What a tap and a scroll cost on the page, with ten counters and with ten thousand, in real Chromium.
import { parseArgs } from 'node:util'
import { Browser } from '../test/support/browser.ts'
import { ensurePage } from '../test/support/built-page.ts'
import { postJson } from '../test/support/peer-http.ts'
import { PeerProcess } from '../test/support/peer-process.ts'
import type { Tab } from '../test/support/tab.ts'
import { temporaryFolder } from '../test/support/temporary-folder.ts'

const { values: flags } = parseArgs({ options: { quick: { type: 'boolean' } } })
const sizes = flags.quick === true ? [10, 1_000] : [10, 10_000]
const taps = flags.quick === true ? 10 : 40
const batch = 1_000

async function fill(http: string, board: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += batch) {
    const increments = Array.from({ length: Math.min(batch, count - from) }, (_, at) => ({
      key: `${board}/${from + at}`,
      value: 1,
    }))
    const response = await postJson(`${http}/v1/increments`, JSON.stringify({ increments }))
    if (!response.ok) throw new Error(await response.text())
  }
}

/** Runs in the page: milliseconds from each tap until the next frame with the new value has begun. */
async function measureTaps(times: number): Promise<number[]> {
  const button = document.querySelector<HTMLElement>('[data-testid=plus]')!
  const shown = document.querySelector<HTMLElement>('[data-testid=value]')!
  const took: number[] = []
  for (let tap = 0; tap < times; tap++) {
    const before = shown.dataset['value']
    const start = performance.now()
    button.click()
    while (shown.dataset['value'] === before) await new Promise(requestAnimationFrame)
    took.push(performance.now() - start)
  }
  return took
}

/** Runs in the page: milliseconds from frame to frame of a scroll by so many pixels each. */
async function measureScroll(pixels: number): Promise<number[]> {
  const took: number[] = []
  scrollTo(0, 0)
  for (let frame = 1; frame <= 120; frame++) {
    await new Promise(requestAnimationFrame)
    const start = performance.now()
    scrollTo(0, pixels * frame)
    await new Promise(requestAnimationFrame)
    // What the new place asked for is done, and laid out.
    document.body.getBoundingClientRect()
    took.push(performance.now() - start)
  }
  return took
}

const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0

const worst = (all: readonly number[]): number => Math.max(...all)

async function measure(page: Tab['page'], size: number): Promise<Record<string, number | string>> {
  const first = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  )
  const taken = await page.evaluate(measureTaps, taps)
  // A quick flick, and a drag of the scroll bar that brings all new cards in each frame.
  const flicked = await page.evaluate(measureScroll, 150)
  const dragged = await page.evaluate(measureScroll, 2_000)
  return {
    counters: size,
    'first paint ms': first.toFixed(0),
    'tap ms, median': median(taken).toFixed(1),
    'tap ms, worst': worst(taken).toFixed(1),
    'flick ms a frame': median(flicked).toFixed(1),
    'flick worst': worst(flicked).toFixed(1),
    'drag ms a frame': median(dragged).toFixed(1),
    'drag worst': worst(dragged).toFixed(1),
    'cards in the page': await page.getByTestId('counter').count(),
  }
}

await ensurePage()
await using data = await temporaryFolder()
await using peer = await PeerProcess.start({ data: data.path })
await using browser = await Browser.start()
const rows: Record<string, number | string>[] = []
for (const size of sizes) {
  await fill(peer.http, `board-${size}`, size)
  const tab = await browser.open(peer.http, `#board-${size}`)
  await tab.page
    .getByText(`Total of ${size.toLocaleString('en')} counters`)
    .waitFor({ timeout: 60_000 })
  await tab.untilInSync()
  rows.push(await measure(tab.page, size))
  await tab.page.close()
}
console.table(rows)
