// A network in memory, whose peers are what a test makes of them.
import { TallymeshError } from '@tallymesh/core'
import type { Channel, Network, NetworkHandlers, PeerLink, Protocol } from '../network.ts'
import { channelPair, type ChannelPair } from './channel-pair.ts'

/** What a peer does with a stream that was opened to it. */
export type Answerer = (channel: Channel, pair: ChannelPair, protocol: Protocol) => void

export class FakeNetwork implements Network {
  readonly self: string
  readonly published: Uint8Array[] = []
  /** Streams that were opened from here, in order. */
  readonly opened: string[] = []
  readonly #peers = new Map<string, Answerer>()
  handlers: NetworkHandlers | undefined

  constructor(self: string) {
    this.self = self
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    this.handlers = handlers
  }

  async stop(): Promise<void> {}

  peers(): PeerLink[] {
    return [...this.#peers.keys()].map((peer) => ({ peer, addresses: [], roundTripMs: null }))
  }

  publish(message: Uint8Array): boolean {
    if (this.#peers.size === 0) return false
    this.published.push(message)
    return true
  }

  async open(peer: string, protocol: Protocol, _signal?: AbortSignal): Promise<Channel> {
    const answerer = this.#peers.get(peer)
    if (answerer === undefined) throw new TallymeshError('ERR_PROTOCOL', `${peer} is not there`)
    this.opened.push(peer)
    const pair = channelPair(this.self, peer)
    answerer(pair.right, pair, protocol)
    return pair.left
  }

  async verify(): Promise<boolean> {
    return false
  }

  /** A peer comes in reach. */
  join(peer: string, answerer: Answerer = () => {}): void {
    this.#peers.set(peer, answerer)
    this.handlers!.connect(peer)
  }

  /** A peer opens a stream: its end. */
  openedBy(peer: string, protocol: Protocol = 'sync'): Channel {
    const pair = channelPair(peer, this.self)
    this.handlers!.channel(pair.right, protocol)
    return pair.left
  }
}
