// tallymesh status
import type { PeerStatus, ServiceStatus } from '@tallymesh/sync'
import type { Command } from 'commander'
import { askPeer } from './client.ts'
import type { Io } from './io.ts'
import { addClientOptions, type ClientFlags, examples } from './options.ts'
import { duration, facts, toJson } from './text.ts'

interface StatusReply extends ServiceStatus {
  readonly http: string
  readonly listen: readonly string[]
  readonly version: string
  readonly uptimeMs: number
}

const describeState = ({ counters, replicas, seq, root }: StatusReply): string =>
  `${counters} counters by ${replicas} replicas; own operations ${seq}; root ${root.slice(0, 16)}`

/** What an operator may have to act on: an id that is not proven, records that are gone, ids used twice. */
const describeTrouble = ({
  verified,
  forks,
  damaged,
  storeTrouble,
}: StatusReply): readonly (readonly [string, string])[] => [
  ...(storeTrouble === null ? [] : [['TROUBLE', storeTrouble] as const]),
  ...(verified
    ? []
    : [
        [
          'provisional',
          'what is counted here stays here until every member has confirmed the replica id, for 10 s at most',
        ] as const,
      ]),
  ...(damaged === 0
    ? []
    : [
        [
          'damaged',
          `${damaged} records of the store were set aside; what they held comes back from other peers`,
        ] as const,
      ]),
  ...forks.map((id) => ['fork', `two writers have used the replica id ${id}`] as const),
]

const describeTraffic = ({ gossip, exchanges, gaps }: StatusReply): string =>
  `gossip ${gossip.published} out, ${gossip.received} in, ${gossip.rejected} rejected; ` +
  `exchanges ${exchanges.completed} done, ${exchanges.failed} failed; gaps ${gaps}`

const describePeer = ({ connected, lag, roundTripMs, addresses }: PeerStatus): string =>
  [
    connected ? 'connected' : 'away',
    ...(lag === null ? [] : [lag === 0 ? 'in step' : `${lag} operations apart`]),
    ...(roundTripMs === null ? [] : [`${roundTripMs.toFixed(1)} ms`]),
    ...addresses.slice(0, 1),
  ].join(', ')

/** A status as a person reads it. */
export const describeStatus = (status: StatusReply): string =>
  facts([
    ['peer', status.peerId],
    ...(status.replica === status.peerId ? [] : [['replica', status.replica] as const]),
    ['namespace', status.namespace],
    ['version', `${status.version}, up for ${duration(status.uptimeMs)}`],
    ['page', `${status.http}/`],
    ...status.listen.map((address) => ['listen', address] as const),
    ['store', status.store],
    ...describeTrouble(status),
    ['state', describeState(status)],
    ['traffic', describeTraffic(status)],
    ...status.members.map((member) => ['member', member] as const),
    ...status.peers.map((peer) => ['peer met', `${peer.peer}: ${describePeer(peer)}`] as const),
    ...(status.peers.length === 0 ? [['peers met', 'none'] as const] : []),
  ])

export const addStatus = (program: Command, io: Io): void => {
  addClientOptions(program.command('status'))
    .summary('print how a peer is')
    .description('Prints how a peer is: its addresses, its state, and the peers that it has met.')
    .addHelpText('after', examples('tallymesh status', 'tallymesh status --json'))
    .action(async (flags: ClientFlags) => {
      const status = await askPeer(flags, (client) => client.status())
      // The client checks what every version has; the rest is of this version.
      io.out(flags.json ? toJson(status) : describeStatus(status as unknown as StatusReply))
    })
}
