// Several peers of one cluster on this machine: plans their addresses, starts them, and watches over them.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { promisify } from 'node:util'
import { freeBlock } from './ports.ts'
import { parseReady, type Ready } from './ready.ts'
import { root, toolEnvironment } from './run.ts'

export const command: string = join(root, 'apps', 'peer', 'bin', 'tallymesh')

/** A peer that says nothing for this long is reported, and the others go on. */
const readyWithinMs = 60_000

/** Where a cluster lives. */
export interface ClusterPlace {
  /** The folder that holds each peer's own. */
  readonly data: string
  /** Where the search for free HTTP ports begins; those for TCP and WebSocket lie above it. */
  readonly firstPort: number
}

export interface PlannedPeer {
  number: number
  id: string
  args: string[]
}

export interface RunningPeer extends PlannedPeer {
  process: ChildProcess
  ready: Promise<Ready | undefined>
}

export const defaultPlace: ClusterPlace = Object.freeze({
  data: join(root, '.tallymesh'),
  firstPort: 8390,
})

export function dataFolder({ data }: Pick<ClusterPlace, 'data'>, number: number): string {
  return join(data, `peer-${number}`)
}

/** As it is written in a command line that is run in the checkout. */
function fromRoot(path: string): string {
  const short = relative(root, path)
  return short.startsWith('..') ? path : short
}

async function peerId(data: string): Promise<string> {
  mkdirSync(data, { recursive: true })
  const args = ['id', '--data', data, '--json']
  const { stdout } = await promisify(execFile)(command, args, { env: toolEnvironment })
  return (JSON.parse(stdout) as { peerId: string }).peerId
}

async function choosePorts(
  first: number,
  count: number,
): Promise<[http: number[], tcp: number[], ws: number[]]> {
  const http = await freeBlock(first, count, new Set())
  const tcp = await freeBlock(first + 1000, count, new Set(http))
  const ws = await freeBlock(first + 1100, count, new Set([...http, ...tcp]))
  return [http, tcp, ws]
}

/** Fixed addresses and one member list for `count` peers, so that each can be stopped and started alone. */
export async function planCluster(
  count: number,
  place: ClusterPlace,
  extra: readonly string[],
): Promise<PlannedPeer[]> {
  const [http, tcp, ws] = await choosePorts(place.firstPort, count)
  const folders = http.map((_, index) => dataFolder(place, index + 1))
  const ids = await Promise.all(folders.map(peerId))
  const members = ids.flatMap((id) => ['--member', id])
  return ids.map((id, index) => {
    const others = ids.flatMap((other, at) =>
      at === index ? [] : ['--peer', `/ip4/127.0.0.1/tcp/${tcp[at]}/p2p/${other}`],
    )
    const data = ['--data', fromRoot(folders[index]!), '--json']
    const listen = [
      '--listen',
      `/ip4/127.0.0.1/tcp/${tcp[index]}`,
      '--listen',
      `/ip4/127.0.0.1/tcp/${ws[index]}/ws`,
    ]
    const args = [
      ...data,
      '--http',
      `127.0.0.1:${http[index]}`,
      ...listen,
      ...others,
      ...members,
      ...extra,
    ]
    return { number: index + 1, id, args: ['peer', ...args] }
  })
}

/** The line that starts this peer again, from the checkout. */
export function commandLine(peer: PlannedPeer): string {
  const quoted = peer.args.map((arg) =>
    /^[\w./:=@+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`,
  )
  return ['node_modules/.bin/tallymesh', ...quoted].join(' ')
}

function firstReady(
  lines: Interface,
  child: ChildProcess,
  show: (line: string) => void,
): Promise<Ready | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), readyWithinMs)
    const settle = (ready: Ready | undefined): void => {
      clearTimeout(timer)
      resolve(ready)
    }
    lines.on('line', (line) => {
      const ready = parseReady(line)
      if (ready === undefined) show(line)
      else settle(ready)
    })
    child.once('exit', () => settle(undefined))
    child.once('error', () => settle(undefined))
  })
}

export function startPeer(peer: PlannedPeer): RunningPeer {
  const child = spawn(command, peer.args, {
    cwd: root,
    env: toolEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const show = (line: string): void => console.error(`[peer ${peer.number}] ${line}`)
  child.on('error', (error) => show(error.message))
  createInterface({ input: child.stderr }).on('line', show)
  const ready = firstReady(createInterface({ input: child.stdout }), child, show)
  return { ...peer, process: child, ready }
}
