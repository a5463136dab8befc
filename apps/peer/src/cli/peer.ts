// tallymesh peer
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { admissionOf } from '../admission.ts'
import { checkListenAddress, checkPeerAddress, checkPeerId, DEFAULT_LISTEN } from '../addresses.ts'
import type { HttpAddress } from '../http/address.ts'
import type { Who } from '../log.ts'
import { LOG_LEVELS } from '../log-levels.ts'
import type { PeerOptions, RunningPeer } from '../peer.ts'
import { UsageError } from '../usage-error.ts'
import { configOption } from './config.ts'
import { dataOption, type DataOptions, identityOption } from './data-options.ts'
import { checkHttpFlags, type HttpFlags, httpOptions } from './http-options.ts'
import type { Io } from './io.ts'
import { createLoading } from './loading.ts'
import { checked, examples, jsonOption, repeated, wholeNumber } from './options.ts'

interface PeerFlags extends DataOptions, HttpFlags {
  readonly listen: readonly string[]
  readonly announce?: readonly string[]
  readonly peer?: readonly string[]
  readonly member?: readonly string[]
  readonly namespace: string
  readonly psk?: string
  readonly allow?: readonly string[]
  readonly open?: true
  readonly restored?: true
  readonly requestRetention: number
  readonly requestCap: number
  readonly logLevel: string
  readonly json?: true
}

const parseNamespace = checked((text) => {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text
  throw new UsageError('it is 1 to 64 characters of A-Z a-z 0-9 . _ -')
})

const readyEvent = ({ peerId, replica, http, listen }: RunningPeer): string =>
  JSON.stringify({ event: 'ready', peerId, replica, http, listen })

const welcome = ({ peerId, http, listen }: RunningPeer, data: string): string =>
  [
    `Tallymesh peer ${peerId}`,
    `  page    ${http}/`,
    `  API     ${http}/v1/ (described by ${http}/openapi.json)`,
    ...listen.map((address) => `  listen  ${address}`),
    `  data    ${data}`,
    // Not the command line: in a checkout, it is not on the PATH.
    `  try     curl -d '{"value":5}' -H 'content-type: application/json' ${http}/v1/counters/views/increment`,
    'Ctrl-C stops it.',
  ].join('\n')

const sayMoved = (io: Io, { port, isDefault }: HttpAddress, { http }: RunningPeer): void => {
  if (isDefault && !http.endsWith(`:${port}`))
    io.note(`port ${port} is taken by another program; this peer serves ${http} instead`)
}

/** Also while it starts: a large store takes its time to load. */
const untilStopped = (io: Io): { stopped: Promise<void>; signal: AbortSignal } => {
  const stopping = new AbortController()
  const stopped = io.untilStopped().then(() => stopping.abort())
  return { stopped, signal: stopping.signal }
}

const startUnlessStopped = async (
  startPeer: (options: PeerOptions) => Promise<RunningPeer>,
  options: PeerOptions,
): Promise<RunningPeer | undefined> => {
  try {
    return await startPeer(options)
  } catch (error) {
    if (error === options.signal.reason) return undefined
    throw error
  }
}

const runPeer = async (io: Io, flags: PeerFlags): Promise<void> => {
  checkHttpFlags(flags)
  const admission = admissionOf(flags)
  const { stopped, signal } = untilStopped(io)
  // Only here: libp2p and all the rest would make every short command wait half a second.
  const [{ startPeer }, { createLogger }] = await Promise.all([
    import('../peer.ts'),
    import('../log.ts'),
  ])
  const { data, identity, namespace, http } = flags
  const who: Who = {}
  const logger = createLogger(flags.logLevel, { who: () => who })
  const loading = createLoading(io, logger, flags.json === true)
  const options: PeerOptions = {
    data,
    ...(identity !== undefined && { identity }),
    namespace,
    restored: flags.restored === true,
    requests: {
      retentionMs: flags.requestRetention * 1000,
      capBytes: flags.requestCap * 1024,
    },
    http,
    ...(flags.token !== undefined && { tokenFile: flags.token }),
    origins: flags.cors ?? [],
    hosts: flags.allowHost ?? [],
    listen: flags.listen,
    announce: flags.announce,
    admission,
    peers: flags.peer ?? [],
    members: [...new Set(flags.member)],
    logger,
    who,
    signal,
    loading: (records) => loading.loaded(records),
  }
  const peer = await startUnlessStopped(startPeer, options).finally(() => loading.end())
  if (peer === undefined) return
  sayMoved(io, http, peer)
  io.out(flags.json ? readyEvent(peer) : welcome(peer, data))
  await stopped
  await peer.stop()
}

const networkOptions = (): Option[] => [
  new Option('--listen <multiaddr>', 'where peers and tabs connect (repeat for more)')
    .env('TALLYMESH_LISTEN')
    .default(DEFAULT_LISTEN, DEFAULT_LISTEN.join(' '))
    .argParser(repeated(checkListenAddress, DEFAULT_LISTEN)),
  new Option(
    '--announce <multiaddr>',
    'where peers and tabs reach it through a proxy, such as /dns4/NAME/tcp/443/wss (repeat for more)',
  )
    .env('TALLYMESH_ANNOUNCE')
    .argParser(repeated(checkPeerAddress)),
  new Option('--peer <multiaddr>', 'a peer to connect to and stay connected with (repeat for more)')
    .env('TALLYMESH_PEER')
    .argParser(repeated(checkPeerAddress)),
  new Option('--member <peerid>', 'a peer that votes, this one included (repeat for all of them)')
    .env('TALLYMESH_MEMBER')
    .argParser(repeated(checkPeerId)),
  new Option('--namespace <name>', 'peers share their counters with those of the same name')
    .env('TALLYMESH_NAMESPACE')
    .default('default')
    .argParser(parseNamespace),
]

const admissionOptions = (): Option[] => [
  new Option('--psk <file>', 'admit peers that have the same pre-shared key ("tallymesh key new")')
    .env('TALLYMESH_PSK')
    .argParser((text: string) => resolve(text)),
  new Option('--allow <peerid>', 'admit this peer, and no others but members (repeat for more)')
    .env('TALLYMESH_ALLOW')
    .argParser(repeated(checkPeerId)),
  new Option(
    '--open',
    'admit anyone who reaches an address, beyond loopback, too: they may count, and read all',
  ).env('TALLYMESH_OPEN'),
]

const restoredOption = (): Option =>
  new Option(
    '--restored',
    'the data folder was put back from a backup: go on under a new replica id, once',
  ).env('TALLYMESH_RESTORED')

const requestOptions = (): Option[] => [
  new Option('--request-retention <seconds>', 'how long a request id is remembered')
    .env('TALLYMESH_REQUEST_RETENTION')
    .default(86_400, '86400: 24 hours')
    .argParser(wholeNumber(1, 366 * 86_400)),
  new Option('--request-cap <KiB>', 'room for request ids; past it the oldest are forgotten first')
    .env('TALLYMESH_REQUEST_CAP')
    .default(3072, '3072: about 150,000 of them')
    .argParser(wholeNumber(4, 3584)),
]

const outputOptions = (): Option[] => [
  new Option('--log-level <level>', 'how much goes to stderr')
    .env('TALLYMESH_LOG_LEVEL')
    .choices(LOG_LEVELS)
    .default('warn'),
  jsonOption('print one line of JSON once the peer serves'),
]

export const addPeer = (program: Command, io: Io): void => {
  const command = program
    .command('peer')
    .summary('run a peer')
    .description(
      'Runs a peer: a full replica with an HTTP API and a web page, until SIGINT or SIGTERM.',
    )
    .addHelpText(
      'after',
      examples(
        'tallymesh peer',
        'tallymesh peer --data ./a --listen /ip4/127.0.0.1/tcp/9390 --listen /ip4/127.0.0.1/tcp/9490/ws',
        'tallymesh peer --data ./b --http 127.0.0.1:0 --peer /ip4/127.0.0.1/tcp/9390',
        'tallymesh peer --psk cluster.key --listen /ip4/0.0.0.0/tcp/9390   # for other machines',
      ),
    )
    .action((flags: PeerFlags) => runPeer(io, flags))
  const options = [
    dataOption(io),
    identityOption(),
    ...httpOptions(),
    ...networkOptions(),
    ...admissionOptions(),
    restoredOption(),
    ...requestOptions(),
    ...outputOptions(),
    configOption(),
  ]
  for (const option of options) command.addOption(option)
}
