// Who may connect: a peer without the key, or not on the list, never gets a stream.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { expect, test } from 'vitest'
import { createPsk } from '../apps/peer/src/psk.ts'
import { increment, status, untilValue, type MemberStatusAnswer } from './support/peer-http.ts'
import { PeerProcess } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const PROTOCOLS = ['/tallymesh/1/sync/default', '/tallymesh/1/member/default', '/meshsub/1.2.0']

/** A node of someone who was not let in, and how many streams it was offered. */
interface Stranger extends AsyncDisposable {
  readonly node: Libp2p
  readonly listen: string
  streams: number
}

const startStranger = async (): Promise<Stranger> => {
  const node = await createLibp2p({
    privateKey: await generateKeyPair('Ed25519'),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
  const stranger: Stranger = {
    node,
    listen: node.getMultiaddrs()[0]!.toString(),
    streams: 0,
    [Symbol.asyncDispose]: async () => node.stop(),
  }
  for (const protocol of PROTOCOLS) await node.handle(protocol, () => void stranger.streams++)
  return stranger
}

/** Whether anything is heard: protocols are agreed on lazily, and only bytes tell that there is a stream. */
const getsIn = async ({ node }: Stranger, address: string, protocol: string): Promise<boolean> => {
  try {
    const stream = await node.dialProtocol(multiaddr(address), protocol)
    const heard = new Promise<boolean>((resolve) => {
      stream.addEventListener('message', () => resolve(true))
      stream.addEventListener('close', () => resolve(false))
    })
    return stream.status === 'open' && (await heard)
  } catch {
    return false
  }
}

/** Tries each protocol at each address. */
const expectShut = async (stranger: Stranger, peer: PeerProcess): Promise<void> => {
  const all = [...PROTOCOLS, '/ipfs/id/1.0.0', '/ipfs/ping/1.0.0']
  for (const address of peer.ready.listen) {
    const got = await Promise.all(all.map((protocol) => getsIn(stranger, address, protocol)))
    expect([address, got]).toEqual([address, all.map(() => false)])
  }
  const { peers, counters } = (await status(peer.http)) as MemberStatusAnswer
  expect(peers.map((each) => each.peer)).not.toContain(stranger.node.peerId.toString())
  expect(counters).toBe(1)
  expect(stranger.streams).toBe(0)
}

test('with a pre-shared key, peers that have it meet, and others get no stream', async () => {
  await using data = await temporaryFolder()
  const [key, other] = ['cluster.key', 'other.key'].map((name) => join(data.path, name))
  await createPsk(key!)
  await createPsk(other!)
  expect((await stat(key!)).mode & 0o777).toBe(0o600)
  await using a = await PeerProcess.start({ data: join(data.path, 'a'), args: ['--psk', key!] })
  const args = ['--peer', a.ready.listen[0]!]
  await using b = await PeerProcess.start({
    data: join(data.path, 'b'),
    args: [...args, '--psk', key!],
  })
  await increment(a.http, 'views', 5)
  await untilValue(b.http, 'views', 5n)
  await using stranger = await startStranger()
  await expectShut(stranger, a)
  await using c = await PeerProcess.start({
    data: join(data.path, 'c'),
    args: [...args, '--psk', other!],
  })
  expect((await status(c.http)).counters).toBe(0)
  expect(((await status(c.http)) as MemberStatusAnswer).peers).toEqual([])
})

test('with a list, those on it and the members meet; others get no stream, neither way', async () => {
  await using data = await temporaryFolder()
  await using stranger = await startStranger()
  await using b = await PeerProcess.start({ data: join(data.path, 'b') })
  await using a = await PeerProcess.start({
    data: join(data.path, 'a'),
    // The stranger's address without its id: who it is shows only once the connection is encrypted.
    args: [
      '--allow',
      b.ready.peerId,
      '--peer',
      b.ready.listen[0]!,
      '--peer',
      stranger.listen.replace(/\/p2p\/.*/, ''),
      '--log-level',
      'info',
    ],
  })
  await increment(a.http, 'views', 5)
  await untilValue(b.http, 'views', 5n)
  await expectShut(stranger, a)
  expect(a.logged('turned a peer away')).toContainEqual(
    expect.objectContaining({ remote: stranger.node.peerId.toString(), why: 'not on the list' }),
  )
})
