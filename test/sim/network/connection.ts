// A connection between two nodes. Each side may believe in it for a while after it is gone.
import type { Lane } from './lane.ts'
import type { Port } from './port.ts'
import type { Stream } from './stream.ts'

export interface ConnectionSide {
  readonly port: Port
  /** The lane away from this side. */
  readonly lane: Lane
  isOpen: boolean
}

export interface OpenStream {
  readonly stream: Stream
  readonly opener: Port
}

export class Connection {
  readonly sides: readonly [ConnectionSide, ConnectionSide]
  readonly streams = new Set<OpenStream>()

  constructor(a: ConnectionSide, b: ConnectionSide) {
    this.sides = [a, b]
  }

  /** Whether both sides are there. */
  get isWhole(): boolean {
    return this.sides.every(({ isOpen }) => isOpen)
  }

  get isGone(): boolean {
    return this.sides.every(({ isOpen }) => !isOpen)
  }

  sideOf(port: Port): ConnectionSide {
    return this.sides[0].port === port ? this.sides[0] : this.sides[1]
  }

  otherThan(port: Port): ConnectionSide {
    return this.sides[0].port === port ? this.sides[1] : this.sides[0]
  }
}
