// Links as the page shows them.
import type { PeerStatus } from '@tallymesh/sync'
import type { TabLink } from './tab-state.ts'

/** Over WebRTC, and through a relay, only tabs are reached; and no tab by WebSocket. */
function viaOf(addresses: readonly string[]): TabLink['via'] {
  if (addresses.some((address) => address.includes('/webrtc'))) return 'webrtc'
  const isRelayed = addresses.length > 0 && addresses.every((each) => each.includes('/p2p-circuit'))
  return isRelayed ? 'relay' : 'websocket'
}

/**
 * @param since when each peer came in reach; kept up here
 * @param now milliseconds since 1970
 */
export function linksOf(
  peers: readonly PeerStatus[],
  since: Map<string, number>,
  now: number = Date.now(),
): TabLink[] {
  const connected = peers.filter((peer) => peer.connected)
  const here = new Set(connected.map(({ peer }) => peer))
  for (const peer of since.keys()) if (!here.has(peer)) since.delete(peer)
  return connected.map(({ peer, addresses, lag, roundTripMs }) => {
    const at = since.get(peer) ?? now
    since.set(peer, at)
    const via = viaOf(addresses)
    return { peer, kind: via === 'websocket' ? 'node' : 'tab', via, lag, roundTripMs, since: at }
  })
}
