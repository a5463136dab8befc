// A peer's status, drawn: who is in reach, and how far each is behind.
import { stripVTControlCharacters, styleText } from 'node:util'
import type { LimitedPeer, PeerStatus, ReachStatus } from '@tallymesh/sync'
import type { StatusReply } from './status-reply.ts'
import { count, counted, describeCounters, duration } from './text.ts'

type Color = 'green' | 'yellow' | 'red' | 'dim' | 'bold'

const BAR = 10
const NAME = 14

/** Ids differ at their ends. */
const short = (id: string): string =>
  id.length <= NAME ? id : `${id.slice(0, 5)}…${id.slice(-(NAME - 6))}`

const bar = (share: number): string => {
  const full = Math.max(0, Math.min(BAR, Math.round(share * BAR)))
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}

interface Row {
  readonly color: Color
  readonly sign: '●' | '○'
  readonly cells: readonly string[]
}

const HEAD = ['', 'REACH', 'BEHIND', 'ROUND TRIP', 'HAS OF THIS PEER’S']

/** @param paint colours, or the text as it is */
export const drawStatus = (
  status: StatusReply,
  columns: number,
  paint: (color: Color, text: string) => string = (color, text) => styleText(color, text),
): string[] => {
  const { peerId, namespace, version, uptimeMs, reach, peers, limited = [] } = status
  const known = new Map(peers.map((peer) => [peer.peer, peer]))
  const members = reach === null ? [] : memberRows(reach, known, status)
  const isMember = new Set(status.members)
  const others = peers
    .filter(({ peer }) => !isMember.has(peer))
    .map((peer) => peerRow(peer, status))
  return [
    `${paint('bold', `${namespace} · ${short(peerId)}`)} · ${version} · up for ${duration(uptimeMs)}`,
    health(status, paint),
    `${describeCounters(status)}, ${counted(status.seq, 'operation', 'operations')} of its own`,
    ...section(reach === null ? '' : 'MEMBERS', members, paint),
    ...section('PEERS', others.slice(0, 20), paint),
    ...(others.length > 20 ? [`  and ${others.length - 20} more`] : []),
    ...limited.map((each) => paint('red', describeLimited(each))),
  ].map((line) => fit(line, columns))
}

const health = (
  { verified, storeTrouble, reach, forks, damaged }: StatusReply,
  paint: (color: Color, text: string) => string,
): string => {
  const troubles = [
    ...(storeTrouble === null ? [] : [`the store refuses: ${storeTrouble}`]),
    ...(forks.length === 0 ? [] : [`${forks.length} replica ids were used twice`]),
    ...(damaged === 0 ? [] : [`${damaged} records were damaged`]),
  ]
  const said = reach === null ? '● counting, with no members' : describeReach(reach, paint)
  return [
    said,
    ...(verified ? [] : [paint('yellow', 'its id is not confirmed yet')]),
    ...troubles.map((trouble) => paint('red', trouble)),
  ].join(' · ')
}

const REACH_COLORS = { connected: 'green', partitioned: 'yellow', isolated: 'red' } as const

const describeReach = (
  { reachability, forMs, reached, missed, hasQuorum }: ReachStatus,
  paint: (color: Color, text: string) => string,
): string => {
  const all = reached.length + missed.length
  const most = hasQuorum ? 'a majority' : 'no majority'
  const color = REACH_COLORS[reachability]
  return `${paint(color, `● ${reachability}`)} for ${duration(forMs)}, ${reached.length} of ${all} in reach, ${most}`
}

const memberRows = (
  { reached, missed }: ReachStatus,
  known: ReadonlyMap<string, PeerStatus>,
  status: StatusReply,
): Row[] => [
  ...reached.map((member): Row => {
    if (member === status.peerId)
      return { color: 'green', sign: '●', cells: [short(member), 'this peer', '', '', ''] }
    const found = known.get(member)
    const cells = [short(member), 'in reach', ...(found ? facts(found, status) : ['', '', ''])]
    return { color: 'green', sign: '●', cells }
  }),
  ...missed.map(({ member, forMs }): Row => {
    const found = known.get(member)
    const cells = [
      short(member),
      `missed for ${duration(forMs)}`,
      ...(found ? facts(found, status) : ['', '', '']),
    ]
    return { color: 'red', sign: '○', cells }
  }),
]

const peerRow = (peer: PeerStatus, status: StatusReply): Row => ({
  color: peer.connected ? 'green' : 'dim',
  sign: peer.connected ? '●' : '○',
  cells: [short(peer.peer), peer.connected ? 'connected' : 'away', ...facts(peer, status)],
})

const facts = ({ lag, roundTripMs, holds }: PeerStatus, { seq }: StatusReply): string[] => [
  lag === null ? '?' : count(lag),
  roundTripMs === null ? '' : `${roundTripMs.toFixed(1)} ms`,
  holds === null ? '' : `${bar(seq === 0 ? 1 : holds / seq)} ${count(Math.min(holds, seq))}`,
]

const section = (
  title: string,
  rows: readonly Row[],
  paint: (color: Color, text: string) => string,
): string[] => {
  if (rows.length === 0) return []
  const head = [title, ...HEAD.slice(1)]
  const widths = head.map((_, at) =>
    Math.max(head[at]!.length, ...rows.map(({ cells }) => cells[at]!.length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd()
  return [
    '',
    paint('dim', `  ${line(head)}`),
    ...rows.map(({ color, sign, cells }) => `${paint(color, sign)} ${line(cells)}`),
  ]
}

export const describeLimited = ({ peer, state, charge, forMs }: LimitedPeer): string =>
  state === 'refused'
    ? `${short(peer)} was cut off, and is refused for ${duration(forMs)}: too much of ${charge}`
    : `${short(peer)} is slowed: too much of ${charge}`

/** By what is seen: colours take no room. */
const fit = (line: string, columns: number): string => {
  const plain = stripVTControlCharacters(line)
  return plain.length <= columns ? line : `${plain.slice(0, Math.max(0, columns - 1))}…`
}
