// What peers and replicas are called on the page: this tab, or a kind and the end of an id.
import type { TabIdentity } from '../replica/tab-state.ts'

export type Kind = 'this' | 'earlier' | 'tab' | 'node' | 'unknown'

export interface Name {
  readonly kind: Kind
  /** For people. */
  readonly text: string
  /** The end of the id, to tell two of a kind apart; '' where there is only one. */
  readonly short: string
}

/** The peer that writes under a replica id: the id, less the tag of its epoch. */
export const peerOf = (replica: string): string => replica.split('.', 1)[0] ?? replica

/** The last characters of an id: they differ, where the first ones are alike. */
export const shortId = (id: string): string => id.slice(-6)

const kindWords: Readonly<Record<Kind, string>> = {
  this: 'This tab',
  earlier: 'This tab, before',
  tab: 'Another tab',
  node: 'Node peer',
  unknown: 'Another replica',
}

function kindOf(
  replica: string,
  self: TabIdentity | null,
  kinds: ReadonlyMap<string, 'tab' | 'node'>,
): Kind {
  if (replica === self?.replica) return 'this'
  if (peerOf(replica) === self?.peerId) return 'earlier'
  return kinds.get(peerOf(replica)) ?? 'unknown'
}

/** `kinds` has the peers whose kind is known, by their peer ids. */
export function nameReplica(
  replica: string,
  self: TabIdentity | null,
  kinds: ReadonlyMap<string, 'tab' | 'node'>,
): Name {
  const kind = kindOf(replica, self, kinds)
  return { kind, text: kindWords[kind], short: kind === 'this' ? '' : shortId(replica) }
}
