// Replicas on nodes of an app's own: as one of its services, or beside them, several on one node.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify, type Identify } from '@libp2p/identify'
import type { Libp2p, ServiceMap } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { MemoryStore } from '@tallymesh/storage'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { DistributedConsistentCounter } from './consistent-counter.ts'
import { counterService } from './counter-service.ts'
import { createCounterService } from './create-counter-service.ts'
import type { CounterService } from './types.ts'

type AppServices = { identify: Identify; pubsub: GossipSub }

const nodes: Libp2p[] = []

const createNode = async <T extends ServiceMap>(
  services: NonNullable<Libp2pOptions<T>['services']>,
  start = true,
): Promise<Libp2p<T>> => {
  const node = await createLibp2p<T>({
    start,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services,
  })
  nodes.push(node)
  return node
}

const app = {
  identify: identify(),
  pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
}

const createApp = (): Promise<Libp2p<AppServices>> => createNode<AppServices>(app)

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(async (node) => node.stop()))
})

/** Until the service shows this value. */
const reaches = async (service: CounterService, key: string, value: bigint): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = (): void => {
    if (service.getValue(key) === value) resolve()
  }
  service.addEventListener('change', look)
  look()
  await promise
  service.removeEventListener('change', look)
}

const inNamespace = (libp2p: Libp2p<AppServices>, namespace: string): Promise<CounterService> =>
  createCounterService({ libp2p, store: new MemoryStore(), namespace })

describe("as one of the node's services", () => {
  const withCounters = (store = new MemoryStore(), start = true) =>
    createNode<AppServices & { counters: CounterService }>(
      // It may stand before those that it needs.
      { counters: counterService({ store, namespace: 'shop' }), ...app },
      start,
    )

  it('starts and stops with the node, and finds what it counted when that starts again', async () => {
    const [one, two] = await Promise.all([withCounters(), withCounters()])
    await one.dial(two.getMultiaddrs())
    await one.services.counters.increment('views', 5)
    await reaches(two.services.counters, 'views', 5n)
    expect(two.services.counters.status().peers.map(({ peer }) => peer)).toEqual([
      one.peerId.toString(),
    ])
    const gone = new Promise((resolve) => two.addEventListener('peer:disconnect', resolve))
    await one.stop()
    await gone
    await expect(one.services.counters.increment('views')).rejects.toMatchObject({
      code: 'ERR_STOPPED',
    })
    await one.start()
    expect(one.services.counters.getValue('views')).toBe(5n)
    await two.dial(one.getMultiaddrs())
    await new DistributedConsistentCounter(two.services.counters, 'views').increment(-7)
    await reaches(one.services.counters, 'views', -2n)
  })

  it('offers all that a service does', async () => {
    const { counters } = (await withCounters()).services
    const alone = await inNamespace(await createApp(), 'shop')
    await counters.incrementAll([{ key: 'a', amount: 2 }, { key: 'b' }])
    expect(counters.list()).toEqual({
      counters: [
        { key: 'a', value: 2n, ops: 1 },
        { key: 'b', value: 1n, ops: 1 },
      ],
    })
    expect([counters.getOps('a'), await counters.read('a')]).toEqual([1, 2n])
    expect(counters.slots('a')).toMatchObject([{ replica: counters.replica, total: 2 }])
    expect([...counters.snapshot()]).toHaveLength(2)
    const members = Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(alone)))
    expect(members.filter((name) => !(name in counters))).toEqual([])
    await alone.stop()
  })

  it('takes listeners before the node starts, and says so of the rest', async () => {
    const node = await withCounters(new MemoryStore(), false)
    const { counters } = node.services
    const seen: [string, bigint][] = []
    counters.addEventListener('change', ({ detail }) => seen.push([detail.key, detail.value]))
    expect(() => counters.getValue('views')).toThrow('once the libp2p node has started')
    await expect(counters.increment('views')).rejects.toMatchObject({ code: 'ERR_NOT_READY' })
    await node.start()
    await counters.increment('views', 3)
    expect(seen).toEqual([['views', 3n]])
  })

  it('does not let the node start without its store', async () => {
    const store = new MemoryStore()
    await store.open()
    await expect(withCounters(store)).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' })
  })

  it.each(['identify', 'pubsub'] as const)('refuses a node without %s', async (missing) => {
    const { [missing]: _, ...services } = app
    const counters = counterService({ store: new MemoryStore(), namespace: 'shop' })
    // The compiler would refuse it, too.
    await expect(
      createNode({ ...services, counters: counters as () => CounterService }),
    ).rejects.toThrow(`required capability "@libp2p/${missing}"`)
  })
})

describe("on an app's own node", () => {
  /** All that a service may have left on a node. */
  const traces = (node: Libp2p<AppServices>): unknown => ({
    status: node.status,
    protocols: node.getProtocols(),
    topics: node.services.pubsub.getTopics(),
    validators: [...node.services.pubsub.topicValidators.keys()],
    connections: node.getConnections().map(({ id }) => id),
  })

  it('is started and stopped, and the rest of the node does not notice', async () => {
    const [node, other] = await Promise.all([createApp(), createApp()])
    node.services.pubsub.subscribe('news')
    await node.dial(other.getMultiaddrs())
    const before = traces(node)
    const shop = await inNamespace(node, 'shop')
    expect(traces(node)).not.toEqual(before)
    await shop.stop()
    expect(traces(node)).toEqual(before)
    const again = await inNamespace(node, 'shop')
    await again.increment('views')
    await again.stop()
    expect(traces(node)).toEqual(before)
  })

  it('runs twice in two namespaces, which do not mix', async () => {
    const [node, other] = await Promise.all([createApp(), createApp()])
    const [shop, bar, shopThere, barThere] = await Promise.all([
      inNamespace(node, 'shop'),
      inNamespace(node, 'bar'),
      inNamespace(other, 'shop'),
      inNamespace(other, 'bar'),
    ])
    await node.dial(other.getMultiaddrs())
    await shop.increment('guests', 1)
    await bar.increment('guests', 20)
    await reaches(shopThere, 'guests', 1n)
    await reaches(barThere, 'guests', 20n)
    await shop.stop()
    await bar.increment('guests', 20)
    await reaches(barThere, 'guests', 40n)
    expect(shopThere.getValue('guests')).toBe(1n)
    await Promise.all([bar, shopThere, barThere].map((service) => service.stop()))
  })

  it('refuses a namespace that the node already runs', async () => {
    const node = await createApp()
    const shop = await inNamespace(node, 'shop')
    await expect(inNamespace(node, 'shop')).rejects.toThrow('already runs')
    await shop.stop()
  })
})
