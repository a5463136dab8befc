// Nobody is told of an epoch that its writer's disk calls provisional.
import { ByteReader, noKeys, readDelta } from '@tallymesh/core'
import { RecordCodec, type StoreBatch } from '@tallymesh/storage'
import { decodeIdentity } from '../../../packages/sync/src/identity.ts'
import type { MakeChecker } from '../checker.ts'
import type { Port } from '../network/port.ts'
import { deltasIn } from '../network/told.ts'
import type { SimNode } from '../sim-node.ts'

const IDENTITY_ID = 'm/identity'

export const provisionalUnseen: MakeChecker = (_, violate) => {
  const provisional = new Map<string, readonly string[]>()

  const take = ({ name, peer }: SimNode, { put }: Pick<StoreBatch, 'put'>): void => {
    const record = put.find(({ id }) => id === IDENTITY_ID)
    const decoded = record && new RecordCodec().decode(record)
    if (decoded?.kind === 'meta')
      provisional.set(name, decodeIdentity(decoded.payload, peer).provisional)
  }

  const check = ({ node }: Port, replica: string): void => {
    if (provisional.get(node)?.includes(replica) === true)
      violate(`${node} tells of ${replica}, which is provisional`)
  }

  return {
    name: 'provisional-unseen',
    started: (node) => {
      provisional.delete(node.name)
      take(node, { put: [...node.disk.records].map(([id, bytes]) => ({ id, bytes })) })
      node.disk.watchers.set('provisional-unseen', (batch) => take(node, batch))
    },
    published: (from, message) => {
      const replicaOf = (suffix = ''): string => `${from.self}${suffix}`
      check(from, readDelta(new ByteReader(message), replicaOf, noKeys()).replica)
    },
    streamed: (from, _to, message) => {
      for (const { replica } of deltasIn(message)) check(from, replica)
    },
  }
}
