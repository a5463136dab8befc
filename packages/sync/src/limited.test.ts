// Work with a limit ends with the first of those who may end it.
import { expect, test } from 'vitest'
import { limited } from './limited.ts'
import { unlessAborted } from './pause.ts'
import { FakeClock } from './testing/fake-clock.ts'

const endless = (signal: AbortSignal): Promise<never> =>
  unlessAborted(signal, new Promise<never>(() => {}))

test('what ends in time is what the work gives or throws', async () => {
  const clock = new FakeClock()
  expect(await limited(clock, 10, [], async () => 7)).toBe(7)
  const broken = limited(clock, 10, [], async () => {
    throw new Error('broken')
  })
  await expect(broken).rejects.toThrow('broken')
})

test('the limit ends it with ERR_TIMEOUT, on the clock that was handed in', async () => {
  const clock = new FakeClock()
  let isOver = false
  const work = limited(clock, 10, [undefined], endless).catch((error: unknown) => {
    isOver = true
    return error
  })
  await clock.advance(9)
  expect(isOver).toBe(false)
  await clock.advance(1)
  expect(await work).toMatchObject({ code: 'ERR_TIMEOUT' })
})

test('any of the signals ends it with its reason, the one that was aborted before included', async () => {
  const clock = new FakeClock()
  const [caller, stopping] = [new AbortController(), new AbortController()]
  const work = limited(clock, 10, [caller.signal, stopping.signal], endless)
  stopping.abort(new Error('it stops'))
  await expect(work).rejects.toThrow('it stops')
  let hasBegun = false
  const late = limited(clock, 10, [caller.signal, stopping.signal], async () => {
    hasBegun = true
  })
  await expect(late).rejects.toThrow('it stops')
  expect(hasBegun).toBe(false)
})
