// The multiaddrs and peer ids that an operator may write.
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { UsageError } from './usage-error.ts'

export const DEFAULT_LISTEN: readonly string[] = Object.freeze([
  '/ip4/127.0.0.1/tcp/0',
  '/ip4/127.0.0.1/tcp/0/ws',
])

const parse = (text: string): Multiaddr => {
  try {
    return multiaddr(text)
  } catch (error) {
    throw new UsageError(
      `${JSON.stringify(text)} is not a multiaddr, such as /ip4/127.0.0.1/tcp/9390 or /ip4/127.0.0.1/tcp/9490/ws`,
      { cause: error },
    )
  }
}

const shapeOf = (address: Multiaddr): string =>
  address
    .getComponents()
    .map(({ name }) => name)
    .join('/')

const isLoopback = (address: Multiaddr): boolean => {
  const [host] = address.getComponents()
  return (
    (host?.name === 'ip4' && host.value?.startsWith('127.') === true) ||
    (host?.name === 'ip6' && host.value === '::1')
  )
}

/** Whether an address to listen on, which was checked, can be reached from other machines. */
export const listensBeyondLoopback = (text: string): boolean => !isLoopback(parse(text))

/** @throws {UsageError} */
export const checkListenAddress = (text: string): string => {
  const address = parse(text)
  if (!/^ip[46]\/tcp(\/ws)?$/.test(shapeOf(address)))
    throw new UsageError(
      `a peer listens on /ip4/…/tcp/PORT or /ip4/…/tcp/PORT/ws (or ip6); got ${text}`,
    )
  return text
}

/** @throws {UsageError} */
export const checkPeerAddress = (text: string): string => {
  if (/^(ip[46]|dns[46]?)\/tcp(\/(ws|wss|tls\/ws))?(\/p2p)?$/.test(shapeOf(parse(text))))
    return text
  throw new UsageError(
    `a peer is reached at an address such as /ip4/127.0.0.1/tcp/9390/p2p/12D3… (the last part may be left out); got ${text}`,
  )
}

/** The peer id that an address ends with, if it does. */
export const peerIn = (text: string): string | undefined =>
  parse(text)
    .getComponents()
    .findLast(({ name }) => name === 'p2p')?.value

/** @throws {UsageError} */
export const checkPeerId = (text: string): string => {
  try {
    return peerIdFromString(text).toString()
  } catch (error) {
    throw new UsageError(
      `${JSON.stringify(text)} is not a peer id, such as "tallymesh id" prints`,
      {
        cause: error,
      },
    )
  }
}
