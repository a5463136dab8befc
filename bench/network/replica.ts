// The replica as programs embed it, in a process of its own.
import { MemoryStore } from '@tallymesh/storage'
import { DiskStore } from '@tallymesh/storage/node'
import { createCounterService } from '@tallymesh/sync'
import { addressOf, connect, meshed, startNode } from './node.ts'
import type { Subject, SubjectOptions } from './subject.ts'

const NAMESPACE = 'bench'

export const startReplica = async ({ kind, folder }: SubjectOptions): Promise<Subject> => {
  const node = await startNode()
  const store = kind === 'durable' ? new DiskStore({ folder }) : new MemoryStore()
  const service = await createCounterService({
    libp2p: node,
    store,
    namespace: NAMESPACE,
    log: { info: () => {}, warn: (message, facts) => console.error(message, facts) },
  })
  let seen: (() => void) | undefined
  return {
    address: addressOf(node),
    connect: (address) => connect(node, address),
    meshed: (others) => meshed(node, `/tallymesh/1/${NAMESPACE}`, others),
    incrementEach: (keys) => Promise.all(keys.map((key) => service.increment(key, 1))),
    incrementAll: (keys) => service.incrementAll(keys.map((key) => ({ key, amount: 1 }))),
    getValue: (key) => Number(service.getValue(key)),
    onSeen: (listener) => {
      if (seen !== undefined) service.removeEventListener('change', seen)
      if (listener !== undefined) service.addEventListener('change', listener)
      seen = listener
    },
    stop: async () => {
      await service.stop()
      await node.stop()
    },
  }
}
