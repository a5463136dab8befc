// Plots as SVG: Vega-Lite says what is drawn, and Vega draws it, in Node, with no page.
import { parse, resetSVGDefIds, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { Row } from '../runner/table.ts'

/** What a plot is, without its data: Vega-Lite's own language. */
export type Spec = Omit<TopLevelSpec, 'data'>

/** Colours that are told apart by eyes of all kinds (Okabe and Ito), and on paper. */
const COLOURS = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#d55e00',
  '#8c8c8c',
  '#222222',
]

const CONFIG = {
  // Of its own, since pages may be dark.
  background: 'white',
  padding: 12,
  font: 'sans-serif',
  view: { stroke: null },
  axis: { gridColor: '#e6e6e6', domainColor: '#888', tickColor: '#888' },
  axisY: { labelLimit: 360 },
  range: { category: COLOURS },
  bar: { cornerRadiusEnd: 2 },
  line: { point: true },
  legend: { orient: 'top', title: null, labelLimit: 260, columns: 3 },
} as const

export const draw = async (spec: Spec, rows: readonly Row[]): Promise<string> => {
  const whole = { ...spec, config: CONFIG, data: { values: rows } } as TopLevelSpec
  // Ids count on from plot to plot otherwise, and no plot would stay as it is.
  resetSVGDefIds()
  const view = new View(parse(compile(whole).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return `${svg}\n`
}
