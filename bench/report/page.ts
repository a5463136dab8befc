// docs/performance.md: what the benches have left, as a page.
import { overview, readResults, worstOf } from '../overview/results.ts'
import { OVERVIEW } from '../overview/rows.ts'
import type { BenchResult, CheckedTarget } from '../runner/bench.ts'
import { formatNumber, type Cell, type Row } from '../runner/table.ts'
import { PLOTS } from './plots.ts'
import { WHY } from './words.ts'

/** Beside the page. */
export const IMAGES = 'images/performance'

/** More rows than this are for the JSON to show. */
const MOST_ROWS = 24

export const makePage = (): string => {
  const results = readResults()
  return [
    '# Performance',
    'What Tallymesh costs, in time, memory and bytes, and what it was built to cost. This page is made by `pnpm docs:performance` from the last figures of each bench, which are in `bench/results`; `pnpm bench` measures them anew, and `pnpm bench NAME` one of them.',
    'Bytes are exact. Times are not: read ratios, which come of runs that took turns on one machine, and not the numbers by themselves.',
    machineOf(results),
    '## What it was built to',
    image('targets'),
    table(overview()),
    'Of each row, the figure is that of the case that is hardest to meet.',
    ...misses(),
    ...results.flatMap(section),
  ]
    .join('\n\n')
    .concat('\n')
}

/** Once, where all are of one kind of machine; else each bench says its own. */
const machineOf = (results: readonly BenchResult[]): string => {
  const machines = [...new Set(results.map(({ machine }) => describe(machine)))]
  const busy = results.filter(({ machine }) => (machine.loadAverage ?? 0) > machine.cores + 2)
  const measured = `Measured on ${machines.join('; and on ')}.`
  if (busy.length === 0) return measured
  const names = busy.map(({ name }) => `\`${name}\``).join(', ')
  return `${measured} Others used the machine while ${names} ran (see the load average of each): their times say little but by their ratios.`
}

const describe = ({ cpu, cores, memoryGiB, platform, node }: BenchResult['machine']): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node.replace('v', '')}`

const misses = (): string[] => {
  const missed = OVERVIEW.filter((row) => worstOf(row)?.met === false)
  if (missed.length === 0) return []
  const reasons = missed.map(({ work }) => `- **${work}.** ${WHY[work] ?? ''}`.trimEnd())
  return ['### Where it falls short', reasons.join('\n')]
}

const section = ({ name, question, machine, tables, notes, targets }: BenchResult): string[] => {
  const load = machine.loadAverage
  return [
    `## ${name}`,
    `${question} (\`pnpm bench ${name}\`${load === undefined ? '' : `; load average ${load}`})`,
    ...PLOTS.filter((plot) => plot.bench === name).map((plot) => image(plot.name)),
    ...tables.flatMap(({ title, rows }) => [
      `**${title}**`,
      rows.length > MOST_ROWS
        ? `${rows.length} rows, in \`bench/results/${name}.json\`.`
        : table(rows),
    ]),
    ...notes.map(({ text }) => text),
    ...targetsOf(name, targets),
  ]
}

const targetsOf = (name: string, targets: readonly CheckedTarget[]): string[] => {
  if (targets.length === 0) return []
  const missed = targets.filter(({ met }) => !met)
  const met = `${targets.length - missed.length} of ${targets.length} targets of \`${name}\` are met.`
  if (missed.length === 0) return [met]
  const rows = missed.map(({ name: target, measured, kind, limit, unit }) => ({
    'not met': target,
    measured: formatNumber(measured),
    target: `${kind} ${formatNumber(limit)} ${unit}`,
  }))
  return [met, table(rows)]
}

const image = (name: string): string => {
  const { alt } = PLOTS.find((plot) => plot.name === name)!
  return `![${alt}](${IMAGES}/${name}.svg)`
}

const table = (rows: readonly Row[]): string => {
  const columns = Object.keys(rows[0] ?? {})
  const isNumber = columns.map((name) => rows.some((row) => typeof row[name] === 'number'))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    line(isNumber.map((number) => (number ? '---:' : '---'))),
    ...rows.map((row) => line(columns.map((name) => cellOf(row[name] ?? null)))),
  ].join('\n')
}

const cellOf = (cell: Cell): string => {
  if (cell === null) return '–'
  return typeof cell === 'number' ? formatNumber(cell) : cell.replaceAll('|', '\\|')
}
