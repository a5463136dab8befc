import { expect, test, vi } from 'vitest'
import { createIo } from './io.fake.ts'
import { createLoading } from './loading.ts'
import { Progress } from './progress.ts'
import { terminalOf } from './terminal.ts'

const createLog = () => ({ info: vi.fn<(facts: object, message: string) => void>() })

test('on a terminal, the line of progress says how many, how fast and how long, and goes away', () => {
  const io = createIo({}, true)
  let now = 0
  const progress = new Progress(
    io,
    (done, perSecond) => `${done}, ${perSecond} a second`,
    () => now,
  )
  progress.update(10)
  now = 2000
  progress.update(5000)
  progress.update(5001)
  now = 2100
  progress.update(6000)
  progress.end()
  expect(io.shown).toEqual(['5000, 2500 a second (2 s)', '6000, 2857 a second (2 s)', ''])
})

test('what is soon over shows nothing', () => {
  const io = createIo({}, true)
  const progress = new Progress(io, String, () => 0)
  progress.update(1)
  progress.end()
  expect(io.shown).toEqual([])
})

test.each([
  ['off a terminal', false, false],
  ['with --json', true, true],
])('%s, a long load is two lines of the log', (_what, isTerminal, json) => {
  const io = createIo({}, isTerminal)
  const log = createLog()
  let now = 0
  const loading = createLoading(io, log, json, () => now)
  loading.loaded(1000)
  now = 1000
  loading.loaded(2000)
  loading.loaded(3000)
  now = 1500
  loading.end()
  expect(io.shown).toEqual([])
  expect(log.info.mock.calls).toEqual([
    [{ records: 2000 }, 'loading the store'],
    [{ records: 3000, ms: 1500 }, 'loaded the store'],
  ])
})

test('a short load is no line at all', () => {
  const log = createLog()
  const loading = createLoading(createIo(), log, false, () => 0)
  loading.loaded(1000)
  loading.end()
  expect(log.info).not.toHaveBeenCalled()
})

test('lines do not run into a line of progress', () => {
  let screen = ''
  const stream = { isTTY: true, write: (text: string) => (screen += text) }
  const { out, note, progress } = terminalOf(stream, stream)
  progress!('half')
  progress!('more')
  out('a')
  progress!('x')
  progress!('')
  note('b')
  const clear = '\r\u001B[K'
  expect(screen).toBe(`half${clear}more${clear}a\nx${clear}b\n`)
  expect(terminalOf(stream, { write: stream.write }).progress).toBeUndefined()
})
