import { expect, test } from 'vitest'
import { decodeTabAddresses, encodeTabAddresses } from './tab-addresses.ts'

const address = (tab: string): string =>
  `/ip4/192.0.2.7/tcp/9490/ws/p2p/relay/p2p-circuit/webrtc/p2p/${tab}`

test('addresses come over as they were told', () => {
  const addresses = [address('tab'), `/dns4/peer.example${address('tab')}`]
  expect(decodeTabAddresses('tab', encodeTabAddresses(addresses))).toEqual(addresses)
  expect(decodeTabAddresses('tab', encodeTabAddresses([]))).toEqual([])
})

test('no more than eight are told, and none that is too long', () => {
  const many = Array.from({ length: 20 }, (_, n) => `/${'x'.repeat(n * 40)}${address('tab')}`)
  expect(decodeTabAddresses('tab', encodeTabAddresses(many))).toEqual(many.slice(0, 8))
  const long = `/${'x'.repeat(512)}${address('tab')}`
  expect(decodeTabAddresses('tab', encodeTabAddresses([long, many[0]!]))).toEqual([many[0]])
})

test.each([
  ['an address of another tab', encodeTabAddresses([address('tab'), address('other')])],
  ['an address that is no tab’s', encodeTabAddresses(['/ip4/192.0.2.7/tcp/22/p2p/tab'])],
  ['nothing', new Uint8Array()],
  ['more than it says', Uint8Array.of(0, 0)],
  ['less than it says', Uint8Array.of(2, 1, 65)],
  ['too many', Uint8Array.of(9, ...Array<number>(9).fill(0))],
  ['too much', new Uint8Array(8192)],
])('%s is refused', (_, bytes) => {
  expect(() => decodeTabAddresses('tab', bytes)).toThrow(
    expect.objectContaining({ code: 'ERR_MALFORMED' }),
  )
})
