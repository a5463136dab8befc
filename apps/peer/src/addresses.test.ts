import { expect, test } from 'vitest'
import {
  checkListenAddress,
  checkPeerAddress,
  checkPeerId,
  listensBeyondLoopback,
  peerIn,
} from './addresses.ts'

const id = '12D3KooWGTjK9CJvHz1UuZVTbbV9qAZ49YkNEpAnt1LMDfabuLka'

test.each(['/ip4/127.0.0.1/tcp/0', '/ip4/127.8.8.8/tcp/9490/ws', '/ip6/::1/tcp/0/ws'])(
  'listens on %s',
  (address) => {
    expect(checkListenAddress(address)).toBe(address)
    expect(listensBeyondLoopback(address)).toBe(false)
  },
)

test.each([
  '/ip4/0.0.0.0/tcp/0',
  '/ip4/192.0.2.1/tcp/9390/ws',
  '/ip6/::/tcp/0',
  '/ip6/::ffff:127.0.0.1/tcp/0',
])('knows that %s is beyond loopback', (address) => {
  expect(checkListenAddress(address)).toBe(address)
  expect(listensBeyondLoopback(address)).toBe(true)
})

test.each([
  ['/dns4/localhost/tcp/0', /listens on/],
  ['/ip4/127.0.0.1/udp/9', /listens on/],
  ['/ip4/127.0.0.1/tcp/1/wss', /listens on/],
  ['127.0.0.1:9390', /not a multiaddr/],
  ['', /not a multiaddr|listens on/],
])('does not listen on %j', (address, words) => {
  expect(() => checkListenAddress(address)).toThrow(words)
})

test.each([
  '/ip4/127.0.0.1/tcp/9390',
  `/ip4/192.0.2.1/tcp/9390/p2p/${id}`,
  `/dns4/peer.example/tcp/443/tls/ws/p2p/${id}`,
  '/dns/peer.example/tcp/443/wss',
  '/ip6/::1/tcp/9490/ws',
])('connects to %s', (address) => {
  expect(checkPeerAddress(address)).toBe(address)
})

test.each(['peer.example:9390', `/p2p/${id}`, '/ip4/127.0.0.1', '/unix/tmp'])(
  'does not connect to %s',
  (address) => {
    expect(() => checkPeerAddress(address)).toThrow(/multiaddr|is reached at/)
  },
)

test('tells the peer that an address names', () => {
  expect(peerIn(`/ip4/127.0.0.1/tcp/1/p2p/${id}`)).toBe(id)
  expect(peerIn('/ip4/127.0.0.1/tcp/1')).toBeUndefined()
})

test('a member is a peer id', () => {
  expect(checkPeerId(id)).toBe(id)
  expect(() => checkPeerId('peer-1')).toThrow(/peer id/)
})
