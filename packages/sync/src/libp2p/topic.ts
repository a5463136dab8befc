// The topic of a namespace on gossipsub: what is published to it, and what is heard.
import {
  StrictSign,
  TopicValidatorResult,
  type GossipSub,
  type Message,
} from '@chainsafe/libp2p-gossipsub'
import type { Logger } from '@libp2p/interface'
import type { NetworkHandlers, Verdict } from '../network.ts'
import type { PeerLimits } from '../peer-limits.ts'
import { assert, plain } from '../wire.ts'
import { invalid } from './errors.ts'
import type { Libp2pNode } from './node.ts'

const VERDICTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

export interface TopicOptions {
  readonly libp2p: Libp2pNode
  readonly name: string
  /** Bytes of a message, at most. */
  readonly gossipBytes: number
  readonly peerLimits: PeerLimits | undefined
  readonly log: Logger
}

/** Throws `ERR_INVALID_ARGUMENT` for a node without signed gossip. */
export const checkPubsub = (libp2p: Libp2pNode): void => {
  // A policy that differs between peers delivers nothing and says nothing: refuse it here.
  const { pubsub }: { readonly pubsub?: GossipSub } = libp2p.services
  if (pubsub?.globalSignaturePolicy === StrictSign) return
  throw invalid(
    'the libp2p node needs gossipsub as services.pubsub, with globalSignaturePolicy StrictSign',
  )
}

export class Topic {
  readonly #options: TopicOptions
  readonly #self: string
  /** Set while it is subscribed. */
  #hear: NetworkHandlers['gossip'] | undefined

  constructor(options: TopicOptions) {
    this.#options = options
    this.#self = options.libp2p.peerId.toString()
  }

  publish(message: Uint8Array): void {
    const { libp2p, name, gossipBytes, log } = this.#options
    assert(message.byteLength <= gossipBytes, `a gossip message has at most ${gossipBytes} bytes`)
    if (this.#hear === undefined) return
    libp2p.services.pubsub.publish(name, message).catch((error: unknown) => {
      // Nobody listens yet: anti-entropy tells them when they come.
      if (String(error).includes('NoPeersSubscribedToTopic')) return
      log.error('could not publish %d bytes - %e', message.byteLength, error)
    })
  }

  subscribe(hear: NetworkHandlers['gossip']): void {
    const { libp2p, name } = this.#options
    const { pubsub } = libp2p.services
    this.#hear = hear
    pubsub.topicValidators.set(name, (from, message) => this.#validate(from.toString(), message))
    pubsub.subscribe(name)
  }

  unsubscribe(): void {
    const { libp2p, name } = this.#options
    const { pubsub } = libp2p.services
    this.#hear = undefined
    pubsub.topicValidators.delete(name)
    // The app may have stopped its node first: then there is nothing to leave.
    if (libp2p.status !== 'started') return
    if (pubsub.getTopics().includes(name)) pubsub.unsubscribe(name)
  }

  /** @param from who handed it to us */
  #validate(from: string, message: Message): TopicValidatorResult {
    const { gossipBytes, peerLimits, log } = this.#options
    if (message.type !== 'signed') return TopicValidatorResult.Reject
    if (message.data.byteLength > gossipBytes) return TopicValidatorResult.Reject
    const author = message.from.toString()
    if (this.#hear === undefined || author === this.#self) return TopicValidatorResult.Ignore
    if (!this.#mayHear(from, author)) return TopicValidatorResult.Ignore
    try {
      const verdict = this.#hear(author, plain(message.data))
      // Whoever hands it on should have found it wrong itself.
      if (verdict === 'reject') peerLimits?.take(from, 'wrong', 1)
      return VERDICTS[verdict]
    } catch (error) {
      // gossipsub would swallow it.
      log.error('the gossip handler threw - %e', error)
      return TopicValidatorResult.Ignore
    }
  }

  /** What comes over a peer's own connection is held against it; what others hand on of it is not. */
  #mayHear(from: string, author: string): boolean {
    const limits = this.#options.peerLimits
    if (limits === undefined) return true
    if (limits.take(from, 'gossip', 1) > 0) return false
    return from === author
      ? limits.take(author, 'writing', 1) === 0
      : limits.mayTake(author, 'writing', 1)
  }
}
