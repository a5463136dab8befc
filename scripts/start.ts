// What `npm start` runs: builds what changed, then one peer, or with --peers N a cluster of N on this machine.
import { type ChildProcess, spawn } from 'node:child_process'
import { build } from './build.ts'
import {
  command,
  commandLine,
  dataFolder,
  planCluster,
  type Ready,
  type RunningPeer,
  startPeer,
} from './cluster.ts'
import { root, toolEnvironment } from './run.ts'

const maxPeers = 50

/** How long children that should have had the terminal's Ctrl-C themselves may take before they are told again. */
const interruptGraceMs = 5_000

let stopping = false

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}

/** Takes `--peers N` out of the arguments; everything else is for the peers. */
function readArguments(args: readonly string[]): { peers: number | undefined; rest: string[] } {
  const rest = [...args]
  const at = rest.findIndex((arg) => arg === '--peers' || arg.startsWith('--peers='))
  if (at < 0) return { peers: undefined, rest }
  const [option = ''] = rest.splice(at, 1)
  const text = option.includes('=') ? option.slice('--peers='.length) : rest.splice(at, 1)[0]
  const peers = Number(text)
  if (!Number.isInteger(peers) || peers < 1 || peers > maxPeers) {
    fail(`--peers takes a whole number from 1 to ${maxPeers}, not ${text ?? 'nothing'}.`)
  }
  return { peers, rest }
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
  const data = args.some((arg) => /^--data(=|$)/.test(arg)) ? [] : ['--data', dataFolder(1)]
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

async function startCluster(count: number, extra: readonly string[]): Promise<number> {
  const plan = await planCluster(count, extra)
  const peers = plan.map(startPeer)
  stopOnSignals(peers.map((peer) => peer.process))
  const ends = peers.map(watch)
  await announce(peers)
  await Promise.all(ends)
  return stopping ? 0 : 1
}

const { peers, rest } = readArguments(process.argv.slice(2))
if (!(await build())) fail('The build failed, see above.')
process.exitCode = peers === undefined ? await startOne(rest) : await startCluster(peers, rest)
