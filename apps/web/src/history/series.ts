// How a counter went over time, as this tab saw it: points in order of time, and never too many.

export interface Point {
  /** Milliseconds since 1970, by this machine's clock. */
  readonly at: number
  /** Rounded to a double: good for a picture. */
  readonly value: number
}

export type Series = readonly Point[]

/** A plot is some 600 pixels wide. */
export const maxPoints = 500

/** Points nearer than this to the one before replace it: nobody sees a fifth of a second. */
const sameMomentMs = 200

/** A counter holds up to 1,024 bits, of which the last does not fit into a double. */
export function toPlotted(value: bigint): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, Number(value)))
}

/** Leaves out every other point of the older half, but for the very first: what is long ago is coarser. */
function thin(series: Series): Series {
  const half = Math.floor(series.length / 2)
  return series.filter((_, index) => index === 0 || index >= half || index % 2 === 0)
}

/** Adds points, which may be of the same moment as the last, or of a clock that was set back. */
export function append(series: Series, points: readonly Point[], most: number = maxPoints): Series {
  const all = [...series]
  for (const { at, value } of points) {
    const last = all.at(-1)
    // Drawn in steps: the same value again would add nothing.
    if (last?.value === value) continue
    const before = all.at(-2)
    const isSameMoment = last !== undefined && before !== undefined && at - last.at < sameMomentMs
    if (isSameMoment) all[all.length - 1] = { at: last.at, value }
    // Time does not go back in a plot.
    else all.push({ at: Math.max(at, (last?.at ?? -Infinity) + 1), value })
  }
  let result: Series = all
  while (result.length > most) result = thin(result)
  return result
}
