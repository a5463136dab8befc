// What a tap and a scroll cost on the page, with ten counters and with ten thousand, in real Chromium.
import { Browser } from '../test/support/browser.ts'
import { ensurePage } from '../test/support/built-page.ts'
import { postJson } from '../test/support/peer-http.ts'
import { PeerProcess } from '../test/support/peer-process.ts'
import { Tab } from '../test/support/tab.ts'
import { temporaryFolder } from '../test/support/temporary-folder.ts'
import { runBench } from './runner/bench.ts'
import type { Row } from './runner/table.ts'

const BATCH = 1_000
/** Sixty frames a second, and one that comes late. */
const FLICK_MS = 34

async function fill(http: string, board: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const increments = Array.from({ length: Math.min(BATCH, count - from) }, (_, at) => ({
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

type Session = Awaited<ReturnType<Browser['context']['newCDPSession']>>

/** Where the main thread of a page was, in seconds since the page was loaded. */
async function times(session: Session): Promise<Record<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics')
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
}

/** What one step did, and what the main thread did meanwhile. */
interface Step {
  readonly name: string
  readonly frames: readonly number[]
  readonly thread: Row
}

async function step(
  session: Session,
  name: string,
  work: () => Promise<readonly number[]>,
): Promise<Step> {
  const before = await times(session)
  const frames = await work()
  const after = await times(session)
  // They begin at nothing when the page is loaded anew.
  const isAnew = after['TaskDuration']! < before['TaskDuration']!
  const ms = (metric: string): number =>
    ((after[metric] ?? 0) - (isAnew ? 0 : (before[metric] ?? 0))) * 1000
  const [script, layout] = [ms('ScriptDuration'), ms('LayoutDuration') + ms('RecalcStyleDuration')]
  const thread = {
    step: name,
    'busy ms': ms('TaskDuration'),
    'script ms': script,
    'style and layout ms': layout,
    'other ms': ms('TaskDuration') - script - layout,
  }
  return { name, frames, thread }
}

/** In a new tab, and in it again after a reload. */
async function measure(
  browser: Browser,
  http: string,
  size: number,
  taps: number,
): Promise<{ readonly row: Row; readonly steps: readonly Step[] }> {
  const page = await browser.context.newPage()
  const tab = new Tab(page)
  const session = await browser.context.newCDPSession(page)
  await session.send('Performance.enable')
  const untilShown = async (): Promise<readonly number[]> => {
    await page
      .getByText(`Total of ${size.toLocaleString('en')} counters`)
      .waitFor({ timeout: 60_000 })
    await tab.untilInSync()
    return []
  }
  await page.goto(`${http}/#board-${size}`)
  await untilShown()
  const reloaded = performance.now()
  const reload = await step(session, 'a reload, until it is in sync', async () => {
    await page.reload()
    return untilShown()
  })
  const reloadMs = performance.now() - reloaded
  const paint = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  )
  const tap = await step(session, `${taps} taps`, () => page.evaluate(measureTaps, taps))
  // A quick flick, and a drag of the scroll bar that brings all new cards in each frame.
  const flick = await step(session, 'a flick, 120 frames', () => page.evaluate(measureScroll, 150))
  const drag = await step(session, 'a drag, 120 frames', () => page.evaluate(measureScroll, 2_000))
  const cards = await page.getByTestId('counter').count()
  await page.close()
  const row = {
    counters: size,
    'first paint ms': Math.round(paint),
    'reload until in sync ms': Math.round(reloadMs),
    'tap ms': median(tap.frames),
    'tap worst': worst(tap.frames),
    'flick ms a frame': median(flick.frames),
    'flick worst': worst(flick.frames),
    'drag ms a frame': median(drag.frames),
    'drag worst': worst(drag.frames),
    'cards in the page': cards,
  }
  return { row, steps: [reload, tap, flick, drag] }
}

await runBench(
  'page',
  'What do a reload, a tap and a scroll cost on the page, with ten counters and with ten thousand?',
  async (bench) => {
    const sizes = bench.quick ? [10, 1_000] : [10, 10_000]
    await ensurePage()
    await using data = await temporaryFolder()
    await using peer = await PeerProcess.start({ data: data.path })
    await using browser = await Browser.start()
    const rows: Row[] = []
    let last: readonly Step[] = []
    for (const size of sizes) {
      bench.progress(`${size} counters`)
      await fill(peer.http, `board-${size}`, size)
      const { row, steps } = await measure(browser, peer.http, size, bench.quick ? 10 : 40)
      rows.push(row)
      last = steps
    }
    bench.table('What a person waits for', rows)
    const most = sizes.at(-1)!
    bench.table(
      `What the main thread does, with ${most.toLocaleString('en')} counters`,
      last.map(({ thread }) => thread),
    )
    bench.note(
      'Real Chromium without a GPU, on the machine of the peer. A tap is measured until the frame that shows the new value, which is on the disk by then; a frame is 17 ms. A flick goes 150 pixels a frame; a drag 2,000, so that every card is a new one.',
    )
    bench.note(
      'By the profile of a reload with 10,000 counters, a third of the main thread’s second is idle and a third the browser itself; of the page’s own code, nothing takes above 4 %: the read of IndexedDB, the key pair of the noise handshake, and drawing the cards come first. Of a drag, a third is style and layout, a third the browser, and most of the rest makes new cards.',
    )
    const flicks = last.find(({ name }) => name.startsWith('a flick'))!
    bench.target(
      'a frame of a flick, 10,000 counters',
      median(flicks.frames),
      'at most',
      FLICK_MS,
      'ms',
    )
  },
)
