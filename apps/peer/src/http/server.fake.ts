// An HTTP server in front of the fake service.
import type { FastifyInstance } from 'fastify'
import { createHttpServer } from './server.ts'
import { FakeService } from './service.fake.ts'

export interface FakePeer {
  readonly app: FastifyInstance
  readonly service: FakeService
}

export const createFakePeer = async (page?: string): Promise<FakePeer> => {
  const service = new FakeService()
  const app = await createHttpServer({
    service,
    count: {
      increment: (amount, options) => service.increment('count', amount, options),
      getCount: () => service.getValue('count'),
      getOps: () => service.getOps('count'),
    },
    facts: {
      version: '0.0.0',
      listen: () => ['/ip4/127.0.0.1/tcp/1/ws/p2p/fake'],
      http: () => 'http://127.0.0.1:8390',
      uptimeMs: () => 5,
    },
    page,
  })
  return { app, service }
}
