// The peer that serves this page: what it says of itself, and what it last said while it is down.

export interface OriginPeer {
  readonly namespace: string
  /** WebSocket multiaddrs that end in the peer's id. */
  readonly addresses: readonly string[]
}

const memory = 'tallymesh/origin-peer'

/** A peer on this machine answers in milliseconds, one across the world in less than this. */
const answerWithinMs = 5_000

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || host === '::1' || host.startsWith('127.')

/** The host that a multiaddr names. */
const hostOf = (address: string): string => address.split('/')[2] ?? ''

/**
 * The addresses that a page on `host` may dial: over WebSocket, and no loopback from elsewhere, which
 * browsers block. Those with the page's own host come first, since that one was just reached.
 */
export function dialable(addresses: readonly string[], host: string): string[] {
  const bare = host.replace(/^\[|\]$/g, '')
  return addresses
    .filter((address) => /\/wss?\/p2p\/[^/]+$/.test(address))
    .filter((address) => isLoopback(host) || !isLoopback(hostOf(address)))
    .toSorted((a, b) => Number(hostOf(b) === bare) - Number(hostOf(a) === bare))
}

function read(value: unknown): OriginPeer | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { namespace, listen } = value as { namespace?: unknown; listen?: unknown }
  if (typeof namespace !== 'string' || !Array.isArray(listen)) return undefined
  const texts: unknown[] = listen
  return { namespace, addresses: texts.filter((text) => typeof text === 'string') }
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
  remember(peer)
  return peer
}

function remember(peer: OriginPeer): void {
  try {
    localStorage.setItem(
      memory,
      JSON.stringify({ namespace: peer.namespace, listen: peer.addresses }),
    )
  } catch {
    // Without it the page only needs the peer once more after a reload.
  }
}

export function rememberedOriginPeer(): OriginPeer | undefined {
  try {
    return read(JSON.parse(localStorage.getItem(memory) ?? 'null'))
  } catch {
    return undefined
  }
}
