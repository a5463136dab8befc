// The network of a run: nodes, links between them, gossip and streams over those that stand.
import type { Protocol } from '@tallymesh/sync'
import type { FaultCounts } from '../faults.ts'
import type { SeededRandom } from '../random.ts'
import type { Timeline } from '../timeline.ts'
import type { Trace } from '../trace.ts'
import { Connection, type ConnectionSide } from './connection.ts'
import { closedError } from './errors.ts'
import { Link } from './link.ts'
import type { Port } from './port.ts'
import { Stream } from './stream.ts'

/** Neighbours that a message is handed on to: a gossipsub mesh has 12 at most. */
const MESH_LINKS = 12
/** How long it takes to dial, and how long until the other side of a dead connection knows. */
const DIAL_MS = [5, 300] as const
const NOTICE_MS = [1, 3000] as const
/** How long a connection holds out while nothing gets through. */
const PATIENCE_MS = [500, 8000] as const

/** What the checkers and the counts hear of. */
export interface NetworkObserver {
  /** `from` hands a message to the network. */
  published(from: Port, message: Uint8Array): void
  /** A copy of a gossip message goes over a link. */
  gossiped(from: Port, to: Port, message: Uint8Array): void
  opened(from: Port, to: Port): void
  /** @param isBroken whether one of them was not done with it */
  closed(from: Port, to: Port, isBroken: boolean): void
  streamed(from: Port, to: Port, message: Uint8Array, protocol: Protocol): void
}

export interface NetworkOptions {
  /** Without it, what is published reaches nobody. */
  readonly hasGossip: boolean
  /** Without it, no stream opens: there is no anti-entropy. */
  readonly hasStreams: boolean
  /** Gossip that is older than this arrives nowhere. */
  readonly messageLifeMs: number
}

/** A message that was published. */
interface Published {
  readonly id: number
  readonly author: string
  readonly bytes: Uint8Array
  /** When it arrives nowhere any more. */
  readonly diesAt: number
}

export class SimNetwork {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly faults: FaultCounts
  readonly trace: Trace
  readonly options: NetworkOptions
  readonly links: Link[] = []
  readonly #observer: NetworkObserver
  readonly #ports = new Map<string, Port>()
  readonly #seen = new Map<Port, Set<number>>()
  /** For a while, nothing that is published goes out. */
  isGossipOff = false
  #messages = 0
  #dials = true

  constructor(
    timeline: Timeline,
    random: SeededRandom,
    faults: FaultCounts,
    trace: Trace,
    options: NetworkOptions,
    observer: NetworkObserver,
  ) {
    this.timeline = timeline
    this.random = random
    this.faults = faults
    this.trace = trace
    this.options = options
    this.#observer = observer
  }

  // Links

  /** Two nodes that are to be connected whenever they can. */
  link(a: string, b: string, latencyMs: number): Link {
    const link = new Link(this, a, b, latencyMs)
    this.links.push(link)
    this.#dial(link)
    return link
  }

  unlink(link: Link): void {
    this.links.splice(this.links.indexOf(link), 1)
    for (const connection of link.connections) this.drop(connection)
  }

  linkBetween(a: string, b: string): Link | undefined {
    return this.links.find((link) => link.joins(a) && link.joins(b))
  }

  /** Blocks or unblocks one way of a link. */
  block(link: Link, from: string, isBlocked: boolean): void {
    const { conditions } = link.laneFrom(from)
    if (conditions.isBlocked === isBlocked) return
    conditions.isBlocked = isBlocked
    this.trace.note(from, `${isBlocked ? 'blocked' : 'open'} to ${link.otherThan(from)}`)
    if (!isBlocked) {
      for (const { streams } of link.connections) for (const { stream } of streams) stream.unblock()
      this.#dial(link)
      return
    }
    const connections = [...link.connections]
    this.timeline.after(this.random.between(...PATIENCE_MS), () => {
      if (link.isBlocked) for (const connection of connections) this.drop(connection)
    })
  }

  /** A connection breaks; each side hears of it in its time. */
  drop(connection: Connection): void {
    for (const side of connection.sides)
      this.timeline.after(this.random.between(0, 50), () =>
        this.#close(connection, side, closedError()),
      )
  }

  #dial(link: Link): void {
    if (!this.#dials || link.isDialling || !this.#canDial(link)) return
    link.isDialling = true
    const wait = this.random.between(...DIAL_MS) + 2 * link.latencyMs
    this.timeline.after(wait, () => {
      link.isDialling = false
      if (this.#canDial(link)) this.#connect(link)
    })
  }

  #canDial(link: Link): boolean {
    if (link.isBlocked || !this.links.includes(link)) return false
    const [a, b] = link.nodes.map((node) => this.#ports.get(node))
    if (a?.isOpen !== true || b?.isOpen !== true) return false
    return ![...link.connections].some(
      (c) => c.isWhole && c.sideOf(a).port === a && c.otherThan(a).port === b,
    )
  }

  #connect(link: Link): void {
    const [a, b] = link.nodes.map((node): ConnectionSide => {
      return { port: this.#ports.get(node)!, lane: link.laneFrom(node), isOpen: true }
    }) as [ConnectionSide, ConnectionSide]
    const connection = new Connection(a, b)
    link.connections.add(connection)
    this.trace.note(a.port.node, `connected to ${b.port.node}`)
    for (const { port, lane } of connection.sides) {
      port.connections.add(connection)
      this.timeline.after(lane.conditions.latencyMs * this.random.next(), () =>
        port.joined(connection),
      )
    }
  }

  #close(connection: Connection, side: ConnectionSide, reason: Error): void {
    if (!side.isOpen) return
    side.isOpen = false
    const { port } = side
    port.connections.delete(connection)
    port.left(connection)
    for (const { stream, opener } of connection.streams)
      stream.fail(opener === port ? 0 : 1, reason)
    if (!connection.isGone) return
    for (const link of this.links) if (link.connections.delete(connection)) this.#dial(link)
  }

  // Nodes

  opened(port: Port): void {
    this.#ports.set(port.node, port)
    this.#seen.set(port, new Set())
    for (const link of this.links) if (link.joins(port.node)) this.#dial(link)
  }

  /** A process left the network, of its own will or not. The others find out. */
  closed(port: Port, reason: Error): void {
    this.#seen.delete(port)
    for (const connection of port.connections) {
      this.#close(connection, connection.sideOf(port), reason)
      const there = connection.otherThan(port)
      this.timeline.after(this.random.between(...NOTICE_MS), () =>
        this.#close(connection, there, closedError()),
      )
    }
  }

  /** Nothing is dialled from now on: for the end of a run. */
  stop(): void {
    this.#dials = false
  }

  // Gossip

  publish(from: Port, message: Uint8Array): void {
    this.#observer.published(from, message)
    if (!this.options.hasGossip || this.isGossipOff) return
    const id = this.#messages++
    this.#seen.get(from)?.add(id)
    const diesAt = this.timeline.now + this.options.messageLifeMs
    this.#spread(from, undefined, { id, author: from.self, bytes: message.slice(), diesAt })
  }

  #spread(from: Port, source: Connection | undefined, message: Published): void {
    const others = [...from.connections].filter((connection) => connection !== source)
    const mesh =
      others.length > MESH_LINKS ? this.random.shuffle(others).slice(0, MESH_LINKS) : others
    for (const connection of mesh) this.#gossip(connection, from, message)
  }

  #gossip(connection: Connection, from: Port, message: Published): void {
    const { id, author, bytes, diesAt } = message
    const there = connection.otherThan(from)
    this.#observer.gossiped(from, there.port, bytes)
    const arrivals = connection.sideOf(from).lane.arrivalsOf(bytes.length)
    arrivals.forEach((time, copy) =>
      this.timeline.at(time, () => {
        const { port } = there
        const seen = this.#seen.get(port)
        // A second copy on purpose is one that gossipsub has forgotten having seen.
        if (!there.isOpen || seen === undefined || (seen.has(id) && copy === 0)) return
        if (this.timeline.now > diesAt) return
        seen.add(id)
        this.trace.note(port.node, `hears gossip by ${from.node}`, bytes.length)
        const verdict = port.hear(author, bytes.slice())
        if (verdict === 'accept' && copy === 0) this.#spread(port, connection, message)
      }),
    )
  }

  // Streams

  newStream(connection: Connection, opener: Port, protocol: Protocol): Stream {
    const mine = connection.sideOf(opener)
    const there = connection.otherThan(opener)
    const sending =
      (from: Port, to: Port) =>
      (message: Uint8Array): void => {
        this.trace.note(from.node, `sends to ${to.node}`, message.length)
        this.#observer.streamed(from, to, message, protocol)
      }
    const stream: Stream = new Stream(
      this.timeline,
      { peer: mine.port.self, lane: mine.lane, sending: sending(mine.port, there.port) },
      { peer: there.port.self, lane: there.lane, sending: sending(there.port, mine.port) },
      (isBroken) => {
        connection.streams.delete(open)
        this.#observer.closed(mine.port, there.port, isBroken)
      },
    )
    const open = { stream, opener }
    connection.streams.add(open)
    this.#observer.opened(mine.port, there.port)
    return stream
  }
}
