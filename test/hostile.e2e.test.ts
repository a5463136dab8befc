// A hostile libp2p peer against members under honest load: every attack for a short time.
import { expect, test } from 'vitest'
import { ATTACKS } from './hostile/attacks/all.ts'
import { describeLap } from './hostile/lap.ts'
import { besiege } from './hostile/siege.ts'

/** What a member may hold, whatever is done to it: the runtime and the sources take some 200 MB of it. */
const MOST_BYTES = 768e6

// Members that are slow to agree are given a minute, on a machine that does other things.
test('members under attack answer every honest call, hold the same, and count exactly', async () => {
  const { laps, violations, cutOff } = await besiege({
    attacks: ATTACKS.map(({ name }) => name),
    ms: 1000,
    callers: 8,
    calmMs: 800,
  })
  console.log(laps.map(describeLap).join('\n'))
  expect(violations).toEqual([])
  expect(Math.max(...laps.map(({ peakBytes }) => peakBytes))).toBeLessThan(MOST_BYTES)
  expect(laps.every(({ count }) => count > 0)).toBe(true)
  // The limits were met, and held.
  expect(cutOff).toBeGreaterThan(0)
}, 240_000)
