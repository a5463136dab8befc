// Histories as checkers read them: a process has one call at a time, and none after one of unknown outcome.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from './support/temporary-folder.ts'
import { History } from './torture/history.ts'
import { Tally } from './torture/strong/tally.ts'

test('a process waits for one call, and is done for when nobody knows what became of it', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'history.jsonl')
  {
    await using history = new History(path)
    const first = history.invoke('inc', 'a', 4n ** 400n)
    const second = history.invoke('inc', 'a', -1n)
    first.info()
    second.fail()
    const read = history.invoke('read', 'a', null)
    history.invoke('read', 'b', null).ok(0n)
    read.ok(4n ** 400n)
  }
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  const events = lines.map((line) => JSON.parse(line) as { time: number })
  const large = `${4n ** 400n}`
  expect(events).toMatchObject([
    { process: 0, type: 'invoke', f: 'inc', key: 'a', value: large },
    { process: 1, type: 'invoke', f: 'inc', key: 'a', value: '-1' },
    { process: 0, type: 'info', f: 'inc', key: 'a', value: large },
    { process: 1, type: 'fail', f: 'inc', key: 'a', value: '-1' },
    { process: 1, type: 'invoke', f: 'read', key: 'a', value: null },
    { process: 2, type: 'invoke', f: 'read', key: 'b', value: null },
    { process: 2, type: 'ok', f: 'read', key: 'b', value: '0' },
    { process: 1, type: 'ok', f: 'read', key: 'a', value: large },
  ])
  const times = events.map(({ time }) => time)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})

test('what breaks linearizability is told, and a read that was not answered breaks nothing', async () => {
  await using history = new History(undefined, true)
  const verdict = (): string | undefined => {
    const tally = new Tally()
    tally.judged(history.events)
    return tally.verdict
  }
  history.invoke('inc', 'a', 1n).ok(1n)
  history.invoke('inc', 'a', 4n).info()
  history.invoke('read', 'a', null).fail()
  history.invoke('read', 'a', null).ok(5n)
  expect(verdict()).toBeUndefined()
  history.invoke('read', 'a', null).ok(1n)
  expect(verdict()).toMatch(
    /^not linearizable: a: the read of 1 .* goes back behind the read of 5 /,
  )
})
