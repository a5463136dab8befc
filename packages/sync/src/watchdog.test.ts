import { expect, it } from 'vitest'
import { FakeClock } from './testing/fake-clock.ts'
import { Watchdog } from './watchdog.ts'

const LIMIT_MS = 10_000

const watch = (): { clock: FakeClock; watchdog: Watchdog; bites: string[] } => {
  const clock = new FakeClock()
  const bites: string[] = []
  return { clock, watchdog: new Watchdog(clock, LIMIT_MS, (reason) => bites.push(reason)), bites }
}

it('bites when nothing moves for its limit, and not before', async () => {
  const { clock, watchdog, bites } = watch()
  await clock.advance(LIMIT_MS - 1)
  watchdog.pat()
  await clock.advance(LIMIT_MS - 1)
  expect(bites).toEqual([])
  await clock.advance(1)
  expect(bites).toHaveLength(1)
})

it.each([
  ['a peer that trickles', 10, true],
  ['a slow link', 10_000, false],
])('%s for two minutes: %i bytes every nine seconds', async (_, bytes, bitten) => {
  const { clock, watchdog, bites } = watch()
  for (let at = 0; at < 120_000 && bites.length === 0; at += 9000) {
    await clock.advance(9000)
    watchdog.pat(bytes)
  }
  expect(bites.length > 0).toBe(bitten)
})

it('does not bite once it was stopped', async () => {
  const { clock, watchdog, bites } = watch()
  watchdog.stop()
  await clock.advance(10 * LIMIT_MS)
  expect(bites).toEqual([])
})
