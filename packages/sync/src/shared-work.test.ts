// Work that is shared is as fresh as each caller's call, and ends when nobody waits for it.
import { expect, test } from 'vitest'
import { SharedWork } from './shared-work.ts'
import { settle } from './testing/fake-clock.ts'

const forever = new AbortController().signal

/** Work that a test lets end. */
class Works {
  readonly begun: PromiseWithResolvers<number>[] = []
  readonly signals: AbortSignal[] = []

  readonly work = (signal: AbortSignal): Promise<number> => {
    const one = Promise.withResolvers<number>()
    signal.addEventListener('abort', () => one.reject(signal.reason))
    this.signals.push(signal)
    this.begun.push(one)
    return one.promise
  }
}

test('callers never take part in work that had begun before they came', async () => {
  const [shared, works] = [new SharedWork<number>(), new Works()]
  const first = shared.do('k', forever, works.work)
  const others = [1, 2, 3].map(() => shared.do('k', forever, works.work))
  expect(works.begun.length).toBe(1)
  works.begun[0]!.resolve(1)
  expect(await first).toBe(1)
  await settle()
  // Those who came meanwhile share one; who comes now waits for the next.
  expect(works.begun.length).toBe(2)
  const late = shared.do('k', forever, works.work)
  works.begun[1]!.resolve(2)
  expect(await Promise.all(others)).toEqual([2, 2, 2])
  await settle()
  works.begun[2]!.resolve(3)
  expect(await late).toBe(3)
  expect(works.begun.length).toBe(3)
})

test('work of different names goes on side by side', async () => {
  const [shared, works] = [new SharedWork<number>(), new Works()]
  const both = [shared.do('a', forever, works.work), shared.do('b', forever, works.work)]
  works.begun.forEach(({ resolve }, i) => resolve(i))
  expect(await Promise.all(both)).toEqual([0, 1])
})

test('work that fails fails for all who share it, and for nobody else', async () => {
  const [shared, works] = [new SharedWork<number>(), new Works()]
  const first = shared.do('k', forever, works.work)
  const next = [1, 2].map(() => shared.do('k', forever, works.work))
  works.begun[0]!.reject(new Error('broken'))
  await expect(first).rejects.toThrow('broken')
  await settle()
  works.begun[1]!.resolve(2)
  expect(await Promise.all(next)).toEqual([2, 2])
})

test('one caller who gives up leaves the work to the others; the last one ends it', async () => {
  const [shared, works] = [new SharedWork<number>(), new Works()]
  const given = [new AbortController(), new AbortController()] as const
  const first = shared.do('k', forever, works.work)
  const both = given.map(({ signal }) => shared.do('k', signal, works.work))
  works.begun[0]!.resolve(1)
  await first
  await settle()
  given[0].abort(new Error('enough'))
  await expect(both[0]).rejects.toThrow('enough')
  expect(works.signals[1]!.aborted).toBe(false)
  given[1].abort(new Error('enough, too'))
  await expect(both[1]).rejects.toThrow('enough, too')
  expect(works.signals[1]!.aborted).toBe(true)
})

test('work that nobody waits for any more does not begin, and one piece is under way at a time', async () => {
  const [shared, works] = [new SharedWork<number>(), new Works()]
  const given = new AbortController()
  const first = shared.do('k', forever, works.work)
  const abandoned = shared.do('k', given.signal, works.work)
  given.abort(new Error('enough'))
  await expect(abandoned).rejects.toThrow('enough')
  const next = shared.do('k', forever, works.work)
  works.begun[0]!.resolve(1)
  await first
  await settle()
  expect(works.begun.length).toBe(2)
  works.begun[1]!.resolve(2)
  expect(await next).toBe(2)
})

test('who has given up before it asks gets its reason, and begins nothing', async () => {
  const [shared, works] = [new SharedWork<number>(), new Works()]
  await expect(shared.do('k', AbortSignal.abort(new Error('no')), works.work)).rejects.toThrow('no')
  expect(works.begun.length).toBe(0)
})
