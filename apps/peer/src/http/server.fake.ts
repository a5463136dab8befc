// An HTTP server in front of the fake service.
import type { FastifyInstance } from 'fastify'
import { createMetrics } from '../metrics/metrics.ts'
import type { Access } from './access.ts'
import { Readiness } from './readiness.ts'
import { createHttpServer } from './server.ts'
import { FakeService } from './service.fake.ts'

export interface FakePeer {
  readonly app: FastifyInstance
  readonly service: FakeService
  /** It serves, unless `createLoadingPeer` made it. */
  readonly readiness: Readiness
  readonly serve: () => void
  readonly facts: { members: readonly string[] }
}

/** A peer whose store is still being loaded. */
export const createLoadingPeer = async (
  page?: string,
  access: Access = { hosts: [], origins: [] },
): Promise<FakePeer> => {
  const service = new FakeService()
  const readiness = new Readiness()
  const facts = {
    version: '0.0.0',
    peerId: 'fake',
    namespace: 'test',
    members: [] as readonly string[],
    listen: () => ['/ip4/127.0.0.1/tcp/1/ws/p2p/fake'],
    http: () => 'http://127.0.0.1:8390',
    uptimeMs: () => 5,
  }
  const { registry } = createMetrics({
    ...facts,
    source: () => (readiness.isReady ? service : undefined),
  })
  const app = await createHttpServer({ served: readiness, facts, page, access, registry })
  const count = {
    increment: service.increment.bind(service, 'count'),
    getCount: () => service.getValue('count'),
    getOps: () => service.getOps('count'),
  }
  return { app, service, readiness, facts, serve: () => readiness.serve({ service, count }) }
}

export const createFakePeer = async (page?: string, access?: Access): Promise<FakePeer> => {
  const peer = await createLoadingPeer(page, access)
  peer.serve()
  return peer
}
