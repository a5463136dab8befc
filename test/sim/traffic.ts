// How much each node sends: messages, bytes, streams.
import type { Port } from './network/port.ts'
import { framedBytes } from './network/pipe.ts'

export interface NodeTraffic {
  /** Gossip messages that it wrote, and bytes of gossip that it sent or handed on. */
  published: number
  gossipBytes: number
  /** Streams that it opened, and those that others opened to it. */
  opened: number
  accepted: number
  /** Streams open at one time that others opened to it: now, and the most ever. */
  answering: number
  mostAnswering: number
  streamMessages: number
  streamBytes: number
}

export class Traffic {
  readonly #nodes = new Map<string, NodeTraffic>()

  of(node: string): NodeTraffic {
    const known = this.#nodes.get(node)
    if (known !== undefined) return known
    const traffic: NodeTraffic = {
      published: 0,
      gossipBytes: 0,
      opened: 0,
      accepted: 0,
      answering: 0,
      mostAnswering: 0,
      streamMessages: 0,
      streamBytes: 0,
    }
    this.#nodes.set(node, traffic)
    return traffic
  }

  published({ node }: Port): void {
    this.of(node).published++
  }

  gossiped({ node }: Port, message: Uint8Array): void {
    this.of(node).gossipBytes += message.length
  }

  opened(from: Port, to: Port): void {
    this.of(from.node).opened++
    const answerer = this.of(to.node)
    answerer.accepted++
    answerer.answering++
    answerer.mostAnswering = Math.max(answerer.mostAnswering, answerer.answering)
  }

  closed(_: Port, to: Port): void {
    this.of(to.node).answering--
  }

  streamed({ node }: Port, _: Port, message: Uint8Array): void {
    const sender = this.of(node)
    sender.streamMessages++
    sender.streamBytes += framedBytes(message)
  }

  total(): { readonly gossipBytes: number; readonly streamBytes: number } {
    const all = [...this.#nodes.values()]
    return {
      gossipBytes: all.reduce((sum, { gossipBytes }) => sum + gossipBytes, 0),
      streamBytes: all.reduce((sum, { streamBytes }) => sum + streamBytes, 0),
    }
  }
}
