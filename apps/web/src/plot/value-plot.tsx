// How a counter went over time, drawn by uPlot. Loaded with the first counter whose details are opened.
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Series } from '../history/series.ts'

const height = 190

/** A custom property as the canvas can take it: `light-dark()` is settled by an element that wears it. */
function settled(name: string): string {
  const probe = document.createElement('i')
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })

const tick = (value: number): string =>
  Math.abs(value) >= 1e15 ? value.toExponential(1) : compact.format(value).replace('-', '−')

const day = 86_400

const withSeconds = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const withMinutes = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const withDays = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' })

/** A moment as people here write it, as fine as labels so many seconds apart need it. */
function timeLabel(seconds: number, step: number): string {
  const format = step >= day ? withDays : step >= 60 ? withMinutes : withSeconds
  return format.format(seconds * 1_000)
}

/** A flat line needs room above and below it, and a counter has whole numbers only. */
function range(_plot: uPlot, least: number, most: number): uPlot.Range.MinMax {
  const room = Math.max(1, (most - least) * 0.08)
  return [Math.floor(least - room), Math.ceil(most + room)]
}

const stepped = uPlot.paths.stepped?.({ align: 1 })

function options(width: number): uPlot.Options {
  const [line, fill, grid, text] = ['--main', '--plot-fill', '--line', '--soft'].map(settled)
  const font = `12px ${getComputedStyle(document.body).fontFamily}`
  const axis = { stroke: text!, font, grid: { stroke: grid!, width: 1 }, ticks: { show: false } }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 7, fill: line! } },
    scales: { x: { time: true }, y: { range } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 90,
        size: 30,
        values: (_plot, times, _axis, _space, step) => times.map((time) => timeLabel(time, step)),
      },
      {
        ...axis,
        size: 52,
        // Whole steps only.
        incrs: [1, 2, 5]
          .flatMap((step) => Array.from({ length: 300 }, (_, at) => step * 10 ** at))
          .toSorted((a, b) => a - b),
        values: (_plot, values) => values.map(tick),
      },
    ],
    series: [
      {},
      {
        stroke: line!,
        width: 2,
        fill: fill!,
        points: { show: false },
        // A count holds until the next one.
        ...(stepped === undefined ? {} : { paths: stepped }),
      },
    ],
  }
}

/** uPlot's columns, in seconds; the line goes on to now. */
function columns(series: Series, now: number): uPlot.AlignedData {
  const last = series.at(-1)
  const all =
    last === undefined ? [] : [...series, { at: Math.max(now, last.at + 1), value: last.value }]
  return [all.map(({ at }) => at / 1_000), all.map(({ value }) => value)]
}

export interface ValuePlotProps {
  readonly series: Series
  /** What the plot shows, in words. */
  readonly summary: string
  readonly now: number
}

export default function ValuePlot({ series, summary, now }: ValuePlotProps): JSX.Element {
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const draw = (): void => {
      plot.current?.destroy()
      plot.current = new uPlot(options(element.clientWidth), columns(series, now), element)
    }
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const resize = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height }),
    )
    draw()
    resize.observe(element)
    dark.addEventListener('change', draw)
    return () => {
      resize.disconnect()
      dark.removeEventListener('change', draw)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [])
  useEffect(() => plot.current?.setData(columns(series, now)), [series, now])
  return <div ref={holder} class="plot" role="img" aria-label={summary} />
}
