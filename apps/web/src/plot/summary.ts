// A series in words, for who can't see the plot and for who can.
import type { Series } from '../history/series.ts'

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 })

/** A double's digits beyond 15 are not to be believed. */
const shown = (value: number): string =>
  Math.abs(value) >= 1e15 ? value.toExponential(2) : numbers.format(value).replace('-', '−')

const time = (at: number, now: number): string => {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString()
  return new Intl.DateTimeFormat(undefined, {
    timeStyle: 'short',
    ...(sameDay ? {} : { dateStyle: 'medium' }),
  }).format(at)
}

export function summarize(series: Series, now: number): string {
  const [first] = series
  const last = series.at(-1)
  if (first === undefined || last === undefined || series.length < 2)
    return 'Nothing has moved while this tab was looking. A plot begins with the next count.'
  const values = series.map((point) => point.value)
  const from = shown(Math.min(...values))
  const to = shown(Math.max(...values))
  return `From ${shown(first.value)} to ${shown(last.value)} since ${time(first.at, now)}, between ${from} and ${to}, as this tab saw it.`
}
