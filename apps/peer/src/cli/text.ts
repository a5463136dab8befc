// Text for a terminal.

/** Keys may hold anything: what a terminal would act upon, or not show, is written as JSON does. */
export const plain = (text: string): string =>
  /^[^\p{C}\p{Z}"]+( [^\p{C}\p{Z}"]+)*$/u.test(text)
    ? text
    : JSON.stringify(text).replace(
        /[\p{C}\p{Zl}\p{Zp}]/gu,
        (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`,
      )

/** Columns of numbers to the right, then the last one as it comes: keys are of any length. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]
    ?.slice(0, -1)
    .map((_, at) => Math.max(...rows.map((row) => row[at]!.length)))
  return rows
    .map((row) => row.map((cell, at) => cell.padStart(widths?.[at] ?? 0)).join('  '))
    .join('\n')
}

/** Names to the left, what they stand for beside them. */
export const facts = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n')
}

const SIZES = ['B', 'kB', 'MB', 'GB'] as const

/** A number of bytes in its largest whole unit. */
export const size = (bytes: number): string => {
  let [at, rest] = [0, bytes]
  for (; rest >= 1000 && at < SIZES.length - 1; at++) rest /= 1000
  return `${rest < 10 && at > 0 ? rest.toFixed(1) : Math.round(rest)} ${SIZES[at]}`
}

/** A whole number with its thousands apart. */
export const count = (number: number): string => number.toLocaleString('en-US')

/** A number of things in words. */
export const counted = (number: number, one: string, many: string): string =>
  `${count(number)} ${number === 1 ? one : many}`

export const describeCounters = (held: { counters: number; replicas: number }): string =>
  `${counted(held.counters, 'counter', 'counters')} by ${counted(held.replicas, 'replica', 'replicas')}`

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** A time span in its largest whole unit. */
export const duration = (ms: number): string => {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? ['ms', 1]
  return `${Math.floor(ms / size)} ${unit}`
}

/** JSON as the HTTP API writes it: values are decimal strings. */
export const toJson = (reply: object): string =>
  JSON.stringify(reply, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
