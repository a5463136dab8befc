// What `npm start` runs: builds what changed, then one peer, or with --peers N a cluster of N on this machine.
import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { build } from './build.ts'
import {
  type ClusterPlace,
  command,
  commandLine,
  dataFolder,
  defaultPlace,
  planCluster,
  type RunningPeer,
  startPeer,
} from './cluster.ts'
import type { Ready } from './ready.ts'
import { root, toolEnvironment } from './run.ts'

const maxPeers = 50

/** With room above it for the other ports of all peers. */
const highestPort = 60_000

/** How long children that should have had the terminal's Ctrl-C themselves may take before they are told again. */
const interruptGraceMs = 5_000

let stopping = false

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}

/** Takes an option and its value out of the arguments; undefined where it is not there. */
function takeOption(args: string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`))
  if (at < 0) return undefined
  const [option = ''] = args.splice(at, 1)
  return option.includes('=') ? option.slice(name.length + 1) : (args.splice(at, 1)[0] ?? '')
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number
  return fail(`${name} takes a whole number from 1 to ${most}, not ${text || 'nothing'}.`)
}

/** Where `--data DIR` and `--first-port PORT` put a cluster. */
function takePlace(args: string[]): ClusterPlace {
  const data = takeOption(args, '--data')
  const port = takeOption(args, '--first-port')
  return {
    data: data === undefined ? defaultPlace.data : resolve(root, data),
    firstPort:
      port === undefined ? defaultPlace.firstPort : wholeNumber('--first-port', port, highestPort),
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

function stopAll(children: readonly ChildProcess[]): void {
  for (const child of children) if (isRunning(child)) child.kill('SIGTERM')
}

/** A terminal sends Ctrl-C to the children too, and a second signal might cut short their own clean stop. */
function stopOnSignals(children: readonly ChildProcess[]): void {
  process.on('SIGTERM', () => {
    stopping = true
    stopAll(children)
  })
  process.on('SIGINT', () => {
    stopping = true
    if (!process.stdin.isTTY) stopAll(children)
    else setTimeout(() => stopAll(children), interruptGraceMs).unref()
  })
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', () => resolve('could not be started'))
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `ended with ${code}` : `was ended by ${signal}`),
    )
  })
}

async function startOne(args: readonly string[]): Promise<number> {
  const isNamed =
    args.some((arg) => /^--data(=|$)/.test(arg)) || process.env['TALLYMESH_DATA'] !== undefined
  const data = isNamed ? [] : ['--data', dataFolder(defaultPlace, 1)]
  const child = spawn(command, ['peer', ...data, ...args], {
    cwd: root,
    env: toolEnvironment,
    stdio: 'inherit',
  })
  child.on('error', (error) => console.error(error.message))
  stopOnSignals([child])
  await ended(child)
  return stopping ? 0 : (child.exitCode ?? 1)
}

function describe(peer: RunningPeer, ready: Ready): string {
  return [
    `peer ${peer.number}   pid ${peer.process.pid}   ${peer.id}`,
    `  page     ${ready.http}/`,
    `  api      ${ready.http}/v1/`,
    ...ready.listen.map((address) => `  listen   ${address}`),
    `  request  curl -X POST ${ready.http}/v1/counters/views/increment -H 'content-type: application/json' -d '{"value":5}'`,
    `           curl ${ready.http}/v1/counters/views`,
    `  stop     kill -9 ${peer.process.pid}`,
    `  again    ${commandLine(peer)}`,
  ].join('\n')
}

async function announce(peers: readonly RunningPeer[]): Promise<void> {
  const answers = await Promise.all(peers.map((peer) => peer.ready))
  if (stopping) return
  const blocks = peers.map((peer, index) => {
    const ready = answers[index]
    return ready === undefined ? `peer ${peer.number}   did not start` : describe(peer, ready)
  })
  const up = answers.filter((ready) => ready !== undefined).length
  console.log(
    `\n${blocks.join('\n\n')}\n\n${up} of ${peers.length} peers run. Ctrl-C stops all of them.`,
  )
}

/** Reports the end of one peer; the others go on. */
async function watch(peer: RunningPeer): Promise<void> {
  const how = await ended(peer.process)
  if (stopping) return
  console.log(
    `\npeer ${peer.number} (pid ${peer.process.pid}) ${how}. To start it again, in ${root}:\n  ${commandLine(peer)}`,
  )
}

async function startCluster(
  count: number,
  place: ClusterPlace,
  extra: readonly string[],
): Promise<number> {
  const plan = await planCluster(count, place, extra)
  const peers = plan.map(startPeer)
  stopOnSignals(peers.map((peer) => peer.process))
  const ends = peers.map(watch)
  await announce(peers)
  await Promise.all(ends)
  return stopping ? 0 : 1
}

/** `--peers N` makes a cluster; what is not for it is for its peers. */
async function start(args: string[]): Promise<number> {
  const peers = takeOption(args, '--peers')
  const count = peers === undefined ? undefined : wholeNumber('--peers', peers, maxPeers)
  const place = count === undefined ? defaultPlace : takePlace(args)
  if (!(await build())) fail('The build failed, see above.')
  return count === undefined ? startOne(args) : startCluster(count, place, args)
}

process.exitCode = await start(process.argv.slice(2))
