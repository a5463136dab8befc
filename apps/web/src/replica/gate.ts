// The switch that takes a tab off the network: while it is shut, nothing goes in or out.
import type { ConnectionGater, Libp2p } from '@libp2p/interface'

/** Closing asks the other side, and who does not answer is dropped. */
const CLOSE_MS = 500

export class Gate {
  #isShut = false
  #closing = new AbortController()

  get isShut(): boolean {
    return this.#isShut
  }

  /** Aborted when it is shut: for a dial that is under way then, which would go on to its time limit. */
  get untilShut(): AbortSignal {
    return this.#closing.signal
  }

  /** What libp2p asks before each connection, at every step that one may have come to meanwhile. */
  get gater(): ConnectionGater {
    const deny = (): boolean => this.#isShut
    return {
      // A browser's default refuses ws:// and private addresses, which is where most peers are.
      denyDialMultiaddr: deny,
      denyDialPeer: deny,
      denyInboundConnection: deny,
      denyOutboundConnection: deny,
      denyInboundUpgradedConnection: deny,
      denyOutboundUpgradedConnection: deny,
      denyInboundRelayedConnection: deny,
    }
  }

  open(): void {
    if (!this.#isShut) return
    this.#isShut = false
    this.#closing = new AbortController()
  }

  /** Shuts it, and closes every connection there is. */
  async shut(libp2p?: Libp2p): Promise<void> {
    this.#isShut = true
    this.#closing.abort()
    if (libp2p === undefined) return
    const signal = AbortSignal.timeout(CLOSE_MS)
    await Promise.all(
      libp2p.getConnections().map(async (connection) => {
        try {
          await connection.close({ signal })
        } catch (error) {
          connection.abort(error instanceof Error ? error : new Error('the tab went offline'))
        }
      }),
    )
  }
}
