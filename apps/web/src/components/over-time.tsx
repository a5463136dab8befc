// How a counter went over time, as this tab saw it. The plot itself is loaded when it is first wanted.
import { type Signal, useSignal } from '@preact/signals'
import type { ComponentType, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { history } from '../history/current.ts'
import type { Series } from '../history/series.ts'
import { summarize } from '../plot/summary.ts'
import type { ValuePlotProps } from '../plot/value-plot.tsx'
import { counters } from '../state.ts'

interface Seen {
  readonly series: Series
  readonly now: number
}

/** Follows the counter for as long as its details are open. */
function useSeries(counter: string): Signal<Seen> {
  const seen = useSignal<Seen>({ series: [], now: Date.now() })
  const value = counters.get(counter).value.value
  const recorder = history.value
  useEffect(() => {
    let isCurrent = true
    void recorder?.read(counter).then((series) => {
      if (isCurrent) seen.value = { series, now: Date.now() }
    })
    return () => {
      isCurrent = false
    }
  }, [counter, value, recorder])
  return seen
}

/** Absent where it can not be loaded: the words beside it say as much. */
function usePlot(): ComponentType<ValuePlotProps> | undefined {
  const plot = useSignal<ComponentType<ValuePlotProps> | undefined>(undefined)
  useEffect(() => {
    import('../plot/value-plot.tsx').then(
      (module) => {
        plot.value = module.default
      },
      () => undefined,
    )
  }, [])
  return plot.value
}

export function OverTime({ counter }: { counter: string }): JSX.Element {
  const { series, now } = useSeries(counter).value
  const Plot = usePlot()
  const summary = summarize(series, now)
  return (
    <section class="detail-part">
      <h3>Over time</h3>
      {series.length > 1 && (
        <div class="plot-place">
          {Plot !== undefined && <Plot series={series} summary={summary} now={now} />}
        </div>
      )}
      <p class="soft" data-testid="plot-words">
        {summary}
      </p>
    </section>
  )
}
