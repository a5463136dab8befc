// tallymesh status
import type { PeerStatus, ReachStatus } from '@tallymesh/sync'
import { type Command, Option } from 'commander'
import { askPeer } from './client.ts'
import type { Io } from './io.ts'
import { addClientOptions, type ClientFlags, examples } from './options.ts'
import type { StatusReply } from './status-reply.ts'
import { describeLimited, drawStatus } from './status-picture.ts'
import { count, describeCounters, duration, facts, toJson } from './text.ts'

const describeState = (status: StatusReply): string =>
  `${describeCounters(status)}; own operations ${count(status.seq)}; root ${status.root.slice(0, 16)}`

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

/** Where none was ever made with an id, there is nothing to say. */
const describeRequests = ({ requests }: StatusReply): (readonly [string, string])[] => {
  if (requests.records === 0) return []
  const { records, kept, safeMs } = requests
  const ofThese = kept === 0 ? '' : `, ${kept} of them for ever`
  return [
    ['requests', `${records} ids remembered${ofThese}; a retry is safe for ${duration(safeMs)}`],
  ]
}

const describeTraffic = ({ gossip, exchanges, gaps }: StatusReply): string =>
  `gossip ${gossip.published} out, ${gossip.received} in, ${gossip.rejected} rejected; ` +
  `exchanges ${exchanges.completed} done, ${exchanges.failed} failed; gaps ${gaps}`

/** Clocks that are less apart disturb nobody who compares two logs. */
const CLOCK_SHOWN_MS = 1000

const describeClock = (offsetMs: number | null): string[] => {
  if (offsetMs === null || Math.abs(offsetMs) < CLOCK_SHOWN_MS) return []
  return [`its clock ${duration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead' : 'behind'}`]
}

const describePeer = (status: PeerStatus): string => {
  const { connected, lag, roundTripMs, clockOffsetMs, addresses } = status
  return [
    connected ? 'connected' : 'away',
    ...(lag === null ? [] : [lag === 0 ? 'in step' : `${lag} operations apart`]),
    ...(roundTripMs === null ? [] : [`${roundTripMs.toFixed(1)} ms`]),
    ...describeClock(clockOffsetMs),
    ...addresses.slice(0, 1),
  ].join(', ')
}

/** All times on this peer's clock. */
const describeReach = (reach: ReachStatus, peerId: string): (readonly [string, string])[] => {
  const { reachability, forMs, reached, missed, hasQuorum, healed } = reach
  const all = reached.length + missed.length
  const most = hasQuorum ? 'a majority' : 'no majority: strong calls fail, local ones go on'
  const since = `${reachability} for ${duration(forMs)}`
  return [
    ['members', `${since}; ${reached.length} of ${all} in reach, ${most}`],
    ...reached.map(
      (member) => ['member', `${member}: ${member === peerId ? 'this peer' : 'in reach'}`] as const,
    ),
    ...missed.map((each) => ['MISSED', `${each.member}: for ${duration(each.forMs)}`] as const),
    ...(healed === null ? [] : [['healed', describeHealed(healed)] as const]),
  ]
}

const describeHealed = ({
  member,
  awayMs,
  received,
  agoMs,
}: NonNullable<ReachStatus['healed']>): string =>
  `${member}: back ${duration(agoMs)} ago after ${duration(awayMs)}; ${received} slots came over`

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
    ...describeRequests(status),
    ...(status.reach === null ? [] : describeReach(status.reach, status.peerId)),
    ...status.peers.map((peer) => ['peer met', `${peer.peer}: ${describePeer(peer)}`] as const),
    ...(status.peers.length === 0 ? [['peers met', 'none'] as const] : []),
    ...(status.limited ?? []).map((each) => ['LIMITED', describeLimited(each)] as const),
  ])

interface StatusFlags extends ClientFlags {
  readonly details?: true
}

export const addStatus = (program: Command, io: Io): void => {
  addClientOptions(program.command('status'))
    .summary('print how a peer is')
    .description(
      'Prints how a peer is: its state, and the members and peers that it has met. On a terminal that is a picture; elsewhere, and with --details, a line for each fact, addresses included.',
    )
    .addOption(new Option('--details', 'every fact, on a terminal, too').env('TALLYMESH_DETAILS'))
    .addHelpText(
      'after',
      examples('tallymesh status', 'tallymesh status --details', 'tallymesh status --json'),
    )
    .action(async (flags: StatusFlags) => {
      const status = await askPeer(flags, (client) => client.status())
      // The client checks what every version has; the rest is of this version.
      const told = status as unknown as StatusReply
      if (flags.json) io.out(toJson(status))
      else if (io.screen === undefined || flags.details) io.out(describeStatus(told))
      else io.out(drawStatus(told, io.screen.size().columns).join('\n'))
    })
}
