// A libp2p node, as the network uses one: an app's own, or the one that the service is part of.
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import {
  serviceCapabilities,
  serviceDependencies,
  type ComponentLogger,
  type Connection,
  type Libp2p,
  type PeerId,
  type PeerStore,
  type StreamHandler,
  type StreamHandlerOptions,
  type Topology,
} from '@libp2p/interface'

/** As much of a node as the network uses. */
export interface Libp2pNode extends Pick<
  Libp2p,
  | 'getConnections'
  | 'getProtocols'
  | 'handle'
  | 'logger'
  | 'peerId'
  | 'peerStore'
  | 'register'
  | 'status'
  | 'unhandle'
  | 'unregister'
> {
  readonly services: { readonly pubsub: GossipSub }
}

/** What libp2p hands to its services, as far as the network uses it. */
export interface Libp2pComponents {
  readonly peerId: PeerId
  readonly peerStore: PeerStore
  readonly logger: ComponentLogger
  readonly pubsub: GossipSub
  readonly connectionManager: { getConnections(peer?: PeerId): Connection[] }
  readonly registrar: {
    getProtocols(): string[]
    handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
    unhandle(protocol: string): Promise<void>
    register(protocol: string, topology: Topology): Promise<string>
    unregister(id: string): void
  }
}

/** Tells a node the service's name, and which others it can not be without. */
export const asLibp2pService = <T extends object>(service: T): T =>
  Object.defineProperties(service, {
    [Symbol.toStringTag]: { value: '@tallymesh/sync' },
    [serviceCapabilities]: { value: ['@tallymesh/sync'] },
    [serviceDependencies]: { value: ['@libp2p/identify', '@libp2p/pubsub'] },
  })

/** The node that a service is part of, while that runs. */
export const nodeOf = (components: Libp2pComponents): Libp2pNode => {
  const { peerId, peerStore, logger, pubsub, registrar, connectionManager } = components
  const eachOf = async (
    protocols: string | string[],
    change: (protocol: string) => Promise<void>,
  ): Promise<void> => {
    for (const protocol of [protocols].flat()) await change(protocol)
  }
  return {
    peerId,
    peerStore,
    logger,
    status: 'started',
    services: { pubsub },
    getConnections: (peer) => connectionManager.getConnections(peer),
    getProtocols: () => registrar.getProtocols(),
    handle: (protocols, handler, options) =>
      eachOf(protocols, (protocol) => registrar.handle(protocol, handler, options)),
    unhandle: (protocols) => eachOf(protocols, (protocol) => registrar.unhandle(protocol)),
    register: (protocol, topology) => registrar.register(protocol, topology),
    unregister: (id) => registrar.unregister(id),
  }
}
