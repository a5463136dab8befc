import { expect, test, vi } from 'vitest'
import { Dialler, type DiallerLog, type Links } from './dialler.ts'

interface Rig {
  readonly dialler: Dialler
  readonly dialled: string[]
  readonly waits: number[]
  readonly log: { [K in keyof DiallerLog]: ReturnType<typeof vi.fn<DiallerLog[K]>> }
  /** What the next dials give, in turn; the peer of the last one for all others. */
  readonly answer: (...answers: (string | Error)[]) => void
  readonly drop: () => void
  /** From now on, dials end only when they are broken off. */
  readonly hang: () => void
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
  })

type Wait = (ms: number, signal: AbortSignal) => Promise<void>

const never: Wait = (_ms, signal) => aborted(signal)

/** @param wait in place of one that is over at once, and is noted */
const createRig = (addresses: readonly string[], wait?: Wait): Rig => {
  const dialled: string[] = []
  const waits: number[] = []
  const answers: (string | Error)[] = []
  let hangs = false
  let dropped = Promise.withResolvers<void>()
  const links: Links = {
    dial: async (address, signal) => {
      dialled.push(address)
      if (hangs) return aborted(signal)
      const next = answers.shift() ?? 'peer'
      if (next instanceof Error) throw next
      return next
    },
    gone: (_peer, signal) => Promise.race([dropped.promise, aborted(signal)]),
  }
  const log = { info: vi.fn(), warn: vi.fn(), debug: vi.fn() }
  const noted: Wait = async (ms) => void waits.push(ms)
  return {
    dialler: new Dialler({ links, addresses, log, random: () => 1, wait: wait ?? noted }),
    dialled,
    waits,
    log,
    hang: () => {
      hangs = true
    },
    answer: (...more) => void answers.push(...more),
    drop: () => {
      dropped.resolve()
      dropped = Promise.withResolvers()
    },
  }
}

const refused = new Error('refused')

test('dials every address once, however often it was named', async () => {
  const { dialler, dialled } = createRig(['/a', '/b', '/a'])
  dialler.start()
  await vi.waitFor(() => expect(dialled).toEqual(['/a', '/b']))
  await dialler.stop()
})

test('tries on for ever, ever more slowly, and says so once', async () => {
  const { dialler, dialled, waits, log, answer } = createRig(['/a'])
  answer(...Array.from({ length: 12 }, () => refused))
  dialler.start()
  await vi.waitFor(() => expect(log.info).toHaveBeenCalledTimes(1))
  expect(dialled).toHaveLength(13)
  expect(waits.slice(0, 6)).toEqual([500, 1000, 2000, 4000, 8000, 10_000])
  expect(log.warn).toHaveBeenCalledTimes(1)
  await dialler.stop()
})

test('comes back when the connection is lost, at once as fast as at first', async () => {
  const { dialler, dialled, waits, answer, drop, log } = createRig(['/a'])
  answer(refused, refused, 'peer')
  dialler.start()
  await vi.waitFor(() => expect(log.info).toHaveBeenCalledTimes(1))
  drop()
  await vi.waitFor(() => expect(dialled).toHaveLength(4))
  expect(waits).toEqual([500, 1000, 500])
  await dialler.stop()
})

test('one address that fails does not hold up another', async () => {
  const { dialler, dialled, answer } = createRig(['/a', '/b'])
  answer(refused, 'b', refused, refused, 'a')
  dialler.start()
  await vi.waitFor(() => expect(dialled).toEqual(['/a', '/b', '/a', '/a', '/a']))
  await dialler.stop()
})

test('stops while it holds a connection, and dials no more', async () => {
  const { dialler, dialled } = createRig(['/a'])
  dialler.start()
  await vi.waitFor(() => expect(dialled).toHaveLength(1))
  await dialler.stop()
  expect(dialled).toHaveLength(1)
})

test('the first attempts have ended once each address was dialled, well or not', async () => {
  const { dialler, answer, dialled } = createRig(['/a', '/b'], never)
  answer(refused, 'b')
  dialler.start()
  await dialler.firstAttempts(1000)
  expect(dialled).toEqual(['/a', '/b'])
  await dialler.stop()
})

test('they are waited for only so long', async () => {
  const { dialler, dialled, waits, hang } = createRig(['/a'])
  hang()
  dialler.start()
  await dialler.firstAttempts(1000)
  expect({ dialled, waits }).toEqual({ dialled: ['/a'], waits: [1000] })
  await dialler.stop()
})

test('without addresses, and once stopped, there is nothing to wait for', async () => {
  const { dialler } = createRig([], never)
  dialler.start()
  await dialler.firstAttempts(1000)
  const { dialler: hung, hang } = createRig(['/a'], never)
  hang()
  hung.start()
  const ended = hung.firstAttempts(1000)
  await hung.stop()
  await ended
})
