// Which plots there are, and what of the results is in each.
import { OVERVIEW } from '../overview/rows.ts'
import { readResult, reachOf, worstOf } from '../overview/results.ts'
import type { Row } from '../runner/table.ts'
import type { Spec } from './plot.ts'

export interface Plot {
  /** Its file is named so; and it stands with the bench of that name, or at the top. */
  readonly name: string
  readonly bench: string | null
  /** What is seen, for who can not see it. */
  readonly alt: string
  readonly spec: Spec
  readonly rows: () => readonly Row[]
}

const WIDTH = 560

/** The rows of a bench's table whose title begins so. */
const tableOf = (bench: string, title: string): readonly Row[] =>
  readResult(bench)?.tables.find((table) => table.title.startsWith(title))?.rows ?? []

/** The same row once for each of these columns, as `series` and `value`. */
const melt = (rows: readonly Row[], columns: readonly string[]): Row[] =>
  rows.flatMap((row) =>
    columns
      .filter((column) => typeof row[column] === 'number')
      .map((column) => ({ ...row, series: column, value: row[column]! })),
  )

const log = (title: string): object => ({ type: 'quantitative', scale: { type: 'log' }, title })
const name = (field: string): object => ({ field, type: 'nominal', sort: null, title: null })

export const PLOTS: readonly Plot[] = [
  {
    name: 'targets',
    bench: null,
    alt: 'For each target, how far what was measured is above or below it',
    spec: {
      width: WIDTH - 120,
      layer: [
        {
          mark: { type: 'bar' },
          encoding: {
            y: { ...name('work'), axis: { labelLimit: 400 } },
            x: {
              field: 'reach',
              ...log('times better than the target; left of the line it is missed'),
            },
            x2: { datum: 1 },
            color: { ...name('state'), scale: { domain: ['met', 'not met'] } },
          },
        },
        { mark: { type: 'rule', color: '#222' }, encoding: { x: { datum: 1 } } },
      ],
    } as Spec,
    rows: () =>
      OVERVIEW.flatMap((row) => {
        const target = worstOf(row)
        if (target === undefined) return []
        const state = target.met ? 'met' : 'not met'
        return [{ work: row.work, reach: Math.max(reachOf(target), 0.01), state }]
      }),
  },
  {
    name: 'core',
    bench: 'core',
    alt: 'Nanoseconds of each operation in memory, beside a Map or a PN-counter by hand',
    spec: {
      width: WIDTH - 120,
      // Dots, since bars have no foot on a logarithmic scale.
      mark: { type: 'point', filled: true, size: 90 },
      encoding: {
        y: { ...name('work'), axis: { grid: true } },
        x: { field: 'value', ...log('ns each') },
        color: name('series'),
      },
    } as Spec,
    rows: () =>
      melt(tableOf('core', 'Time of one, in memory'), ['ns each', 'baseline, ns']).map((row) => ({
        ...row,
        series: row['series'] === 'ns each' ? 'Tallymesh' : 'baseline',
      })),
  },
  {
    name: 'bytes',
    bench: 'bytes',
    alt: 'Bytes of one increment, of a hundred and of a whole state, beside other libraries',
    spec: {
      mark: 'bar',
      width: WIDTH - 60,
      encoding: {
        row: {
          ...name('what'),
          sort: ['one increment', '100 increments, 10 keys', 'state, 10k keys, 3 replicas on each'],
          header: { labelAngle: 0, labelAlign: 'left', labelAnchor: 'start', labelOrient: 'top' },
        },
        y: { ...name('library'), sort: { field: 'bytes' } },
        x: { field: 'bytes', type: 'quantitative', title: null },
        color: { ...name('side'), legend: null },
      },
      resolve: { scale: { x: 'independent', y: 'independent' } },
    } as Spec,
    rows: () => {
      const ours = tableOf('bytes', 'Bytes on the wire').map(({ what, bytes }) => ({
        what: elsewhereOf(String(what)),
        library: `Tallymesh${aside(String(what))}`,
        bytes: bytes!,
        side: 'ours',
      }))
      const others = tableOf('bytes', 'Elsewhere').map((row) => ({ ...row, side: 'others' }))
      return [...ours, ...others]
    },
  },
  {
    name: 'network-idle',
    bench: 'network',
    alt: 'Milliseconds until an increment of one process is seen at two others, idle',
    spec: {
      width: WIDTH - 60,
      mark: 'bar',
      encoding: {
        y: name('what'),
        yOffset: name('series'),
        x: { field: 'value', type: 'quantitative', title: 'ms until both others have it' },
        color: name('series'),
      },
    } as Spec,
    rows: () => melt(tableOf('network', 'Idle'), ['p50 ms', 'p99 ms']),
  },
  {
    name: 'network-load',
    bench: 'network',
    alt: 'Lag of three processes under load, by how many increments they count in a second',
    spec: {
      width: WIDTH,
      height: 280,
      layer: [
        {
          mark: { type: 'point', filled: true, size: 80 },
          encoding: {
            x: { field: 'increments/s', ...log('increments a second, all three') },
            y: { field: 'lag p99 ms', ...log('lag p99, ms') },
            color: name('what'),
            shape: name('calls'),
          },
        },
        {
          mark: { type: 'rule', strokeDash: [4, 4], color: '#222' },
          encoding: { y: { datum: 200 } },
        },
      ],
    } as Spec,
    rows: () => tableOf('network', 'Under load'),
  },
  {
    name: 'scale',
    bench: 'scale',
    alt: 'The cost of one operation from a thousand keys to a million, beside its cost at a thousand',
    spec: {
      width: WIDTH,
      height: 280,
      mark: 'line',
      encoding: {
        x: { field: 'keys', ...log('keys') },
        y: { field: 'times', ...log('times its cost at 1,000 keys') },
        color: name('series'),
      },
    } as Spec,
    rows: () => {
      const rows = tableOf('scale', 'By the number of keys')
      const first = rows[0]
      if (first === undefined) return []
      const columns = Object.keys(first).filter((column) => column !== 'keys')
      return melt(rows, columns).map(({ keys, series, value }) => ({
        keys: keys!,
        series: String(series).replace(/, (ns|µs)$/, ''),
        times: Number(value) / Number(first[String(series)]),
      }))
    },
  },
  {
    name: 'exchange',
    bench: 'exchange',
    alt: 'Bytes of an exchange between two replicas of 100,000 keys, by how many keys differ',
    spec: {
      width: WIDTH,
      height: 280,
      mark: 'line',
      encoding: {
        x: { field: 'changed', ...log('keys changed on each side, of 100,000') },
        y: { field: 'bytes', ...log('bytes, both ways') },
        color: name('exchange'),
      },
    } as Spec,
    rows: () => tableOf('exchange', '100,000 keys').filter(({ changed }) => Number(changed) > 0),
  },
  {
    name: 'durability',
    bench: 'durability',
    alt: 'Durable increments a second by the number of callers, beside the storage engine alone',
    spec: {
      width: WIDTH,
      height: 260,
      mark: 'line',
      encoding: {
        x: { field: 'callers', ...log('callers') },
        y: { field: 'value', ...log('a second') },
        color: name('series'),
      },
    } as Spec,
    rows: () =>
      melt(tableOf('durability', 'Durable increments'), ['increments/s', 'engine alone, puts/s']),
  },
]

/** What others were measured on, of which ours has a known and a new key. */
const elsewhereOf = (what: string): string => {
  if (what.startsWith('one increment')) return 'one increment'
  return what.startsWith('100 increments') ? '100 increments, 10 keys' : what
}

const aside = (what: string): string => {
  if (what.includes('known')) return ', known'
  return what.includes('new') ? ', new' : ''
}
