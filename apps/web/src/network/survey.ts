// What the Node peer that serves this page says of its own links: they complete the picture.
// Asked only while the picture is looked at, and never while this tab keeps off the network.

export interface SurveyedPeer {
  readonly peer: string
  readonly kind: 'tab' | 'node'
  readonly lag: number | null
  readonly roundTripMs: number | null
}

export interface Survey {
  /** The peer that was asked. */
  readonly peerId: string
  /** Whom it is connected to. */
  readonly peers: readonly SurveyedPeer[]
}

/** The picture needs no more. */
const maxPeers = 100

const answerWithinMs = 2_000

/** Tabs come by WebSocket, or by a relay; Node peers reach each other by TCP. */
const isTabAddress = (address: unknown): boolean =>
  typeof address === 'string' && /\/(wss?|webrtc|p2p-circuit)(\/|$)/.test(address)

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null)

function readPeer(value: unknown): SurveyedPeer | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { peer, connected, addresses, lag, roundTripMs } = value as Record<string, unknown>
  if (typeof peer !== 'string' || connected !== true || !Array.isArray(addresses)) return undefined
  return {
    peer,
    kind: addresses.some(isTabAddress) ? 'tab' : 'node',
    lag: numberOrNull(lag),
    roundTripMs: numberOrNull(roundTripMs),
  }
}

/** Reads a peer's status; undefined where it is none. */
export function readSurvey(status: unknown): Survey | undefined {
  if (typeof status !== 'object' || status === null) return undefined
  const { peerId, peers } = status as Record<string, unknown>
  if (typeof peerId !== 'string' || !Array.isArray(peers)) return undefined
  const known = (peers as unknown[]).map(readPeer).filter((peer) => peer !== undefined)
  return { peerId, peers: known.slice(0, maxPeers) }
}

/** Undefined where the peer does not answer. */
export async function survey(): Promise<Survey | undefined> {
  try {
    const response = await fetch(new URL('v1/status', document.baseURI), {
      cache: 'no-store',
      signal: AbortSignal.timeout(answerWithinMs),
    })
    return response.ok ? readSurvey(await response.json()) : undefined
  } catch {
    return undefined
  }
}
