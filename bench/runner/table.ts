// Rows as text in columns: numbers to the right, words to the left.

export type Cell = string | number | null

/** By column name. */
export type Row = Readonly<Record<string, Cell>>

export const formatTable = (rows: readonly Row[]): string => {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [
    columns,
    ...rows.map((row) => columns.map((name) => formatCell(row[name] ?? null))),
  ]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)))
  const isNumber = columns.map((name) => rows.some((row) => typeof row[name] === 'number'))
  const texts = lines.map((line) =>
    line
      .map((text, i) => (isNumber[i]! ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
  texts.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '))
  return texts.map((text) => `  ${text}`).join('\n')
}

/** Three digits that tell something, and no more. */
export const formatNumber = (value: number): string =>
  Number.isInteger(value) || Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : `${Number(value.toPrecision(3))}`

const formatCell = (cell: Cell): string =>
  cell === null ? '–' : typeof cell === 'number' ? formatNumber(cell) : cell
