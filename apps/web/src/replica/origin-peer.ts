// The peer that serves this page: what it says of itself, and what it last said while it is down.

import { keepValue, keptValue } from './kept-values.ts'

export interface OriginPeer {
  readonly namespace: string
  /** Peer ids of the cluster's members; empty where there are none. */
  readonly members: readonly string[]
  /** WebSocket multiaddrs that end in the peer's id. */
  readonly addresses: readonly string[]
}

const memory = 'origin-peer'

/** A peer on this machine answers in milliseconds, one across the world in less than this. */
const answerWithinMs = 5_000

const retryMs = 1_000

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || host === '::1' || host.startsWith('127.')

/** The host that a multiaddr names. */
const hostOf = (address: string): string => address.split('/')[2] ?? ''

/** Whether browsers let a page on `host` dial an address at all. */
export function isDialable(address: string, host: string = location.hostname): boolean {
  return isLoopback(host) || !isLoopback(hostOf(address))
}

/**
 * The addresses that a page on `host` may dial: over WebSocket, and no loopback from elsewhere, which
 * browsers block. Those with the page's own host come first, since that one was just reached.
 */
export function dialable(addresses: readonly string[], host: string): string[] {
  const bare = host.replace(/^\[|\]$/g, '')
  return addresses
    .filter((address) => /\/wss?\/p2p\/[^/]+$/.test(address))
    .filter((address) => isDialable(address, host))
    .toSorted((a, b) => Number(hostOf(b) === bare) - Number(hostOf(a) === bare))
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []

function read(value: unknown): OriginPeer | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { namespace, listen, members } = value as Partial<Record<string, unknown>>
  if (typeof namespace !== 'string' || !Array.isArray(listen)) return undefined
  return { namespace, addresses: texts(listen), members: texts(members) }
}

/** Asks the peer, and remembers its answer for when it is down. Throws where there is none. */
export async function askOriginPeer(): Promise<OriginPeer> {
  const response = await fetch(new URL('page.json', document.baseURI), {
    cache: 'no-store',
    signal: AbortSignal.timeout(answerWithinMs),
  })
  if (!response.ok) throw new Error(`The peer answered with status ${response.status}.`)
  const said = read(await response.json())
  if (said === undefined) throw new Error('The peer gave an answer that this page can not read.')
  const peer = { ...said, addresses: dialable(said.addresses, location.hostname) }
  await remember(peer)
  return peer
}

/** Not there, the page only needs the peer once more after a reload. */
async function remember({ namespace, addresses, members }: OriginPeer): Promise<void> {
  const value = { namespace, listen: addresses, members }
  // Asked for at each dial, and nearly always the same.
  if (JSON.stringify(await keptValue(memory)) === JSON.stringify(value)) return
  await keepValue(memory, value)
}

export async function rememberedOriginPeer(): Promise<OriginPeer | undefined> {
  return read(await keptValue(memory))
}

/**
 * The first visit needs an answer, and asks till there is one; every later one starts from what is
 * remembered.
 *
 * @param asking told when it has to ask
 */
export async function findOriginPeer(asking: () => void): Promise<OriginPeer> {
  const remembered = await rememberedOriginPeer()
  if (remembered !== undefined) return remembered
  asking()
  for (;;) {
    try {
      return await askOriginPeer()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
}
