// One peer's metrics: a registry of its own, with those of the process in it.
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

/** A value, and the labels that it goes under. */
export type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>]

export interface Described {
  /** Without the prefix; in base units, as Prometheus has it. */
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  /** Asked at each scrape. */
  readonly read: () => readonly Sample[]
}

const PREFIX = 'tallymesh_'

/** The process's own: CPU, memory, handles, garbage collection, event-loop delay. */
export const createRegistry = (): Registry => {
  const register = new Registry()
  collectDefaultMetrics({ register })
  return register
}

const configOf = (registry: Registry, { name, help, labels = [] }: Described) => ({
  name: PREFIX + name,
  help,
  labelNames: [...labels],
  registers: [registry],
})

/** A number that only goes up, and is kept elsewhere: here it is set to what it has come to. */
export const addCounter = (registry: Registry, described: Described): void => {
  const counter = new Counter({
    ...configOf(registry, described),
    collect() {
      counter.reset()
      for (const [value, labels = {}] of described.read()) counter.inc(labels, value)
    },
  })
}

/** Labels that are not read any more are gone. */
export const addGauge = (registry: Registry, described: Described): void => {
  const gauge = new Gauge({
    ...configOf(registry, described),
    collect() {
      gauge.reset()
      for (const [value, labels = {}] of described.read()) gauge.set(labels, value)
    },
  })
}
