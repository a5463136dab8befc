// Bytes and round trips of exchanges are exact: the targets of "Converged means equal", as tests.
import { beforeAll, describe, expect, it } from 'vitest'
import { NEGENTROPY } from '../bench/peers/negentropy.ts'
import { ReplicaPair, type Exchanged } from '../packages/sync/src/testing/replica-pair.ts'

const ROUNDS = 5
/** Both ways, for 100 changed of 100k on each side. Loro took 4,450. */
const YJS_BYTES = 3208

/** Several exchanges, each after `changed` writes on each side, with other keys and another salt. */
const exchanges = async (
  pair: ReplicaPair,
  changed: number,
  descendOnly: boolean,
): Promise<(Exchanged & { floor: number })[]> => {
  const all: (Exchanged & { floor: number })[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const floor = pair.floorBytes(pair.change(changed))
    all.push({ ...(await pair.exchange({ descendOnly })), floor })
    expect(pair.isEqual).toBe(true)
    // A descent moves no version vector.
    if (descendOnly) await pair.exchange()
  }
  return all
}

const SIZES = [
  { keys: 1000, changes: [1, 10, 100, 500] },
  { keys: 10_000, changes: [1, 10, 100, 1000] },
  { keys: 100_000, changes: [1, 10, 100] },
]

for (const touched of ['all', 'half'] as const)
  describe.each(SIZES)(`$keys keys, ${touched} of them touched by each`, ({ keys, changes }) => {
    let pair: ReplicaPair

    beforeAll(async () => {
      pair = await ReplicaPair.create(keys, { touched })
    })

    it('in sync: less than 100 bytes both ways, one round trip', async () => {
      for (const { bytes, roundTrips, outcome } of await exchanges(pair, 0, false)) {
        expect(outcome.kind).toBe('same')
        expect(bytes).toBeLessThan(100)
        expect(roundTrips).toBe(1)
      }
    })

    it.each(changes)(
      'pull, %d changed on each side: 1.3 times the floor and 500 bytes, two round trips',
      async (changed) => {
        const peers = keys === 100_000 && changed === 100 ? YJS_BYTES : Infinity
        for (const { bytes, roundTrips, floor, outcome } of await exchanges(pair, changed, false)) {
          expect([outcome.kind, outcome.sent]).toEqual(['exchanged', changed])
          expect(bytes).toBeLessThanOrEqual(1.3 * floor + 500)
          expect(bytes).toBeLessThan(peers)
          expect(roundTrips).toBeLessThanOrEqual(2)
        }
      },
    )

    it.each(changes)(
      'descent, %d changed on each side: less than Negentropy, five round trips',
      async (changed) => {
        const limit = NEGENTROPY.find((one) => one.keys === keys && one.changed === changed)
        for (const { bytes, roundTrips, outcome } of await exchanges(pair, changed, true)) {
          expect(outcome.kind).toBe('descended')
          expect(bytes).toBeLessThan(limit?.bytes ?? Infinity)
          expect(roundTrips).toBeLessThanOrEqual(5)
        }
      },
    )
  })
