// Where the nodes of the picture stand, by d3-force: linked ones near, and all apart from each other.
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force'
import type { Picture } from './picture.ts'

/** Half the picture's width and height, in its own units. */
export const half = { width: 260, height: 190 }

/** Room for a node's label. */
const margin = { x: 66, y: 42 }

interface Body extends SimulationNodeDatum {
  readonly id: string
}

export interface Spot {
  readonly x: number
  readonly y: number
}

const clamp = (value: number, most: number): number => Math.max(-most, Math.min(most, value))

export class Layout {
  readonly #simulation: Simulation<Body, SimulationLinkDatum<Body>>
  readonly #still: boolean
  readonly #moved: () => void
  #bodies = new Map<string, Body>()
  #shape = ''

  /** `still` finds the places at once, without motion. */
  constructor(still: boolean, moved: () => void) {
    this.#still = still
    this.#moved = moved
    this.#simulation = forceSimulation<Body>()
      .force('apart', forceManyBody().strength(-1_500).distanceMax(500))
      .force('collide', forceCollide(58))
      // The picture is wider than it is high.
      .force('x', forceX(0).strength(0.07))
      .force('y', forceY(0).strength(0.14))
      .stop()
    if (!still) this.#simulation.on('tick', moved)
  }

  /** Makes room for what is new; what was there moves as little as it can. */
  update({ nodes, links }: Picture): void {
    const shape = JSON.stringify([
      nodes.map(({ id }) => id),
      links.map(({ from, to }) => [from, to]),
    ])
    if (shape === this.#shape) return
    const isFirst = this.#shape === ''
    this.#shape = shape
    this.#bodies = new Map(nodes.map(({ id }) => [id, this.#bodies.get(id) ?? { id }]))
    const ends = links.map(({ from, to }) => ({ source: from, target: to }))
    this.#simulation
      .nodes([...this.#bodies.values()])
      .force(
        'link',
        forceLink<Body, SimulationLinkDatum<Body>>(ends)
          .id(({ id }) => id)
          .distance(150),
      )
      .alpha(isFirst ? 1 : 0.5)
    if (this.#still || isFirst) this.#simulation.tick(250)
    if (this.#still) this.#moved()
    else this.#simulation.restart()
  }

  spot(id: string): Spot {
    const body = this.#bodies.get(id)
    return {
      x: clamp(body?.x ?? 0, half.width - margin.x),
      y: clamp(body?.y ?? 0, half.height - margin.y),
    }
  }

  stop(): void {
    this.#simulation.stop()
  }
}
