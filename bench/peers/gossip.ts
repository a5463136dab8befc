// The least that bare gossipsub takes for the like: a PN-counter by hand, published once per 30 ms. It
// keeps nothing, checks nothing, and what gossip loses is lost.
import { addressOf, connect, meshed, startNode } from '../network/node.ts'
import type { Subject } from '../network/subject.ts'
import { LimitCounter } from './limit.ts'

const TOPIC = 'bare'
/** As `packages/sync/src/gossip.ts` has it. */
const WINDOW_MS = 30

export const startBare = async (): Promise<Subject> => {
  const node = await startNode()
  const { pubsub } = node.services
  const counter = new LimitCounter(node.peerId.toString())
  const touched = new Set<string>()
  let lastAt = -Infinity
  let waiting: ReturnType<typeof setTimeout> | undefined

  const flush = (): void => {
    waiting = undefined
    lastAt = performance.now()
    const bytes = Buffer.concat([...touched].map((key) => counter.encodeDelta(key)))
    touched.clear()
    void pubsub.publish(TOPIC, bytes)
  }
  const flushSoon = (): void => {
    if (waiting !== undefined) return
    const wait = lastAt + WINDOW_MS - performance.now()
    if (wait <= 0) flush()
    else waiting = setTimeout(flush, wait)
  }
  const increment = async (keys: readonly string[]): Promise<void> => {
    for (const key of keys) {
      counter.increment(key, 1)
      touched.add(key)
    }
    flushSoon()
  }

  let seen: (() => void) | undefined
  pubsub.addEventListener('message', ({ detail }) => {
    if (detail.topic !== TOPIC) return
    counter.join(detail.data)
    seen?.()
  })
  pubsub.subscribe(TOPIC)
  return {
    address: addressOf(node),
    connect: (address) => connect(node, address),
    meshed: (others) => meshed(node, TOPIC, others),
    incrementEach: increment,
    incrementAll: increment,
    getValue: (key) => counter.value(key),
    onSeen: (listener) => (seen = listener),
    stop: async () => {
      clearTimeout(waiting)
      await node.stop()
    },
  }
}
