// What a peer does so that browser tabs find and reach each other: it introduces them, and no more.
import { type GossipSub, type Message, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import { circuitRelayServer, type CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'
import { decodeTabAddresses, tabTopic } from '@tallymesh/sync'

/** Tabs that can be introduced at one time. 15 by default, which one class of pupils passes. */
const MAX_RESERVATIONS = 200
/** A WebRTC handshake takes a second or two, and some 10 KB. What lasts or weighs more is none. */
const RELAYED_MS = 60_000
const RELAYED_BYTES = 128n * 1024n

export const createRelay = (): ReturnType<typeof circuitRelayServer> =>
  circuitRelayServer({
    reservations: {
      maxReservations: MAX_RESERVATIONS,
      defaultDurationLimit: RELAYED_MS,
      defaultDataLimit: RELAYED_BYTES,
    },
  })

export type { CircuitRelayService }

/** Passes on what tabs of a namespace tell each other of where they are. Gossip goes by who subscribes. */
export const passOnTabs = (
  { services: { pubsub } }: Libp2p<{ pubsub: GossipSub }>,
  namespace: string,
): void => {
  const topic = tabTopic(namespace)
  pubsub.topicValidators.set(topic, (_, message) => judge(message))
  pubsub.subscribe(topic)
}

const judge = (message: Message): TopicValidatorResult => {
  if (message.type !== 'signed') return TopicValidatorResult.Reject
  try {
    decodeTabAddresses(message.from.toString(), message.data)
    return TopicValidatorResult.Accept
  } catch {
    return TopicValidatorResult.Reject
  }
}
