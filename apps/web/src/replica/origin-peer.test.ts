import { expect, test } from 'vitest'
import { dialable } from './origin-peer.ts'

const listen = [
  '/ip4/127.0.0.1/tcp/9390/p2p/12D3KooWabc',
  '/ip4/127.0.0.1/tcp/9490/ws/p2p/12D3KooWabc',
  '/ip4/192.0.2.7/tcp/9490/ws/p2p/12D3KooWabc',
  '/dns4/peer.example/tcp/443/wss/p2p/12D3KooWabc',
  '/ip4/192.0.2.7/tcp/9490/ws',
]

test('a page on this machine dials any WebSocket address, its own host first', () => {
  expect(dialable(listen, '127.0.0.1')).toEqual([listen[1], listen[2], listen[3]])
  expect(dialable(listen, 'localhost')).toEqual([listen[1], listen[2], listen[3]])
})

test('a page from elsewhere dials no loopback address', () => {
  expect(dialable(listen, 'peer.example')).toEqual([listen[3], listen[2]])
})
