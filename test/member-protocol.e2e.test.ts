// A peer that breaks the member protocol, over real streams: it loses the stream, and nothing else happens.
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Connection, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { expect, test } from 'vitest'
import { encodeMemberMessage, type MemberMessage } from '../packages/sync/src/member-messages.ts'
import { SharedNames } from '../packages/sync/src/shared-names.ts'
import { increment, status } from './support/peer-http.ts'
import { PeerProcess } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const PROTOCOL = '/tallymesh/1/member/default'
const INSTANCE = 'i'.repeat(16)

const framed = (message: MemberMessage | Uint8Array): Uint8Array => {
  const bytes =
    message instanceof Uint8Array ? message : encodeMemberMessage(message, new SharedNames())
  return Uint8Array.of(bytes.length, ...bytes)
}

/** Resolves with what came back before the other side had enough. */
const closed = async (stream: Stream): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  stream.addEventListener('message', ({ data }) => chunks.push(data.subarray()))
  if (stream.status === 'open')
    await new Promise((resolve) => stream.addEventListener('close', resolve, { once: true }))
  return Buffer.concat(chunks)
}

const startNode = (): Promise<Libp2p> =>
  createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  })

test('garbage, floods and lies on member streams cost the stream, and change nothing', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await increment(peer.http, 'views', 5)
  const node = await startNode()
  await using _ = { [Symbol.asyncDispose]: async () => node.stop() }
  const connection: Connection = await node.dial(multiaddr(peer.ready.listen[0]))
  const self = node.peerId.toString()
  const hello = (epoch: string): MemberMessage => ({ type: 'hello', instance: INSTANCE, epoch })
  const before = await status(peer.http)

  const abuses: Readonly<Record<string, readonly Uint8Array[]>> = {
    garbage: [framed(Uint8Array.of(99, 1, 2, 3))],
    'a frame past all limits': [Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f)],
    'the id of the peer itself': [framed(hello(peer.ready.peerId))],
    'a word that nobody asked for': [framed({ type: 'known', seq: 2 ** 40, isHeld: true })],
    'a flood of hellos': Array.from({ length: 2000 }, (_, i) => framed(hello(`${self}.${i}`))),
    'endless pings': Array.from({ length: 2000 }, () => framed({ type: 'ping' })),
    'endless pongs': Array.from({ length: 2000 }, () => framed({ type: 'pong' })),
  }
  for (const [abuse, messages] of Object.entries(abuses)) {
    const stream = await connection.newStream(PROTOCOL)
    const answered = closed(stream)
    stream.send(Buffer.concat(messages))
    expect([abuse, (await answered).length < 1000]).toEqual([abuse, true])
  }

  // The connection stands, and who keeps to the protocol is answered on it.
  const stream = await connection.newStream(PROTOCOL)
  const answer = new Promise<Uint8Array>((resolve) =>
    stream.addEventListener('message', ({ data }) => resolve(Uint8Array.from(data.subarray())), {
      once: true,
    }),
  )
  stream.send(framed(hello(self)))
  expect(await answer).toEqual(framed({ type: 'known', seq: 0, isHeld: false }))
  expect(await status(peer.http)).toMatchObject({
    root: before.root,
    replica: before.replica,
    replicas: 1,
    seq: 1,
  })
})
