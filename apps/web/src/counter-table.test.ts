import { effect } from '@preact/signals'
import { expect, test } from 'vitest'
import { CounterTable } from './counter-table.ts'

const counter = (key: string, value = 0n) => ({ key, value, ops: 1 })

test('keys stand in the order of their UTF-8 bytes', () => {
  const table = new CounterTable()
  table.put(['\u{10000}', '\uf800', 'é', 'z'].map((key) => counter(key)))
  expect(table.keys.value).toEqual(['z', 'é', '\uf800', '\u{10000}'])
})

test('new counters are merged in, and names from Object.prototype are names like others', () => {
  const table = new CounterTable()
  table.put([counter('m'), counter('__proto__')])
  table.put([counter('constructor'), counter('z')])
  expect(table.keys.value).toEqual(['__proto__', 'constructor', 'm', 'z'])
  expect(table.has('toString')).toBe(false)
  expect(table.get('toString').value.ops).toBe(0)
})

test('a changed value tells its own readers only', () => {
  const table = new CounterTable()
  table.put([counter('a'), counter('b')])
  const seen: bigint[] = []
  let lists = 0
  effect(() => void seen.push(table.get('a').value.value))
  effect(() => {
    lists += table.keys.value.length > 0 ? 1 : 0
  })
  table.put([counter('b', 7n)])
  table.put([counter('a', 5n)])
  expect(seen).toEqual([0n, 5n])
  expect(lists).toBe(1)
})

test('who looks at a counter before it is there is told when it comes', () => {
  const table = new CounterTable()
  const seen: bigint[] = []
  effect(() => void seen.push(table.get('late').value.value))
  expect(table.has('late')).toBe(false)
  expect(table.keys.value).toEqual([])
  table.put([counter('late', 8n)])
  table.put([counter('late', 9n)])
  expect(seen).toEqual([0n, 8n, 9n])
  expect(table.keys.value).toEqual(['late'])
})

test('a board has its own keys and total, and a tap elsewhere does not touch them', () => {
  const table = new CounterTable()
  const door = table.board('lobby')
  let totals = 0
  effect(() => {
    totals += door.total.value === undefined ? 0 : 1
  })
  expect(table.boardNames.value).toEqual([])
  table.put([counter('lobby/door', 3n), counter('lobby/bar', -1n), counter('apples', 9n)])
  expect(door.keys.value).toEqual(['lobby/bar', 'lobby/door'])
  expect(door.total.value).toBe(2n)
  expect(table.board('').keys.value).toEqual(['apples'])
  expect(table.boardNames.value).toEqual(['lobby'])
  table.put([counter('lobby/door', 5n), counter('hall/a', 1n)])
  expect(door.total.value).toBe(4n)
  expect(table.boardNames.value).toEqual(['hall', 'lobby'])
  const before = totals
  table.put([counter('apples', 10n), counter('hall/a', 2n)])
  expect(totals).toBe(before)
})
