// Keeps this tab connected to its Node peer: libp2p dials once, and nothing in it dials again.
import type { Libp2p } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { backOffMs, type BackOff } from '@tallymesh/sync'
import type { Gate } from './gate.ts'

/** A dial over a bad network takes a second or two; past this it is better to try again. */
const dialWithinMs = 10_000

/** A connection that is lost sooner than this counts as a failed attempt. */
const settledAfterMs = 5_000

/** While somebody looks at the page, who should not have to reload it: a peer restarts in a second. */
const shownBackOff: BackOff = { firstMs: 300, longestMs: 5_000 }

/** Nobody waits for a hidden tab. */
const hiddenBackOff: BackOff = { firstMs: 300, longestMs: 60_000 }

export interface DiallerInit {
  readonly libp2p: Libp2p
  /** Shut while the tab is to stay off the network. */
  readonly gate: Gate
  /** Where the peer is now, as well as can be known. All addresses are of one peer. */
  readonly find: () => Promise<readonly string[]>
  /** Called when the first attempt has ended, well or not. */
  readonly onFirstAttempt: () => void
}

export class NodeDialler {
  readonly #init: DiallerInit
  readonly #stopping = new AbortController()
  #wakeUp: () => void = () => {}
  #peer: string | undefined
  #failures = 0

  constructor(init: DiallerInit) {
    this.#init = init
  }

  /** Dials until it is stopped. */
  async run(): Promise<void> {
    const stopListening = this.#listen()
    while (!this.#stopping.signal.aborted) {
      const connectedAt = performance.now()
      const connected = this.#isConnected() || (await this.#dial())
      this.#init.onFirstAttempt()
      if (connected) await this.#untilLost(connectedAt)
      else this.#failures++
      if (this.#failures > 0) await this.#sleep(this.#wait())
    }
    stopListening()
  }

  stop(): void {
    this.#stopping.abort()
    this.#wakeUp()
  }

  /** Tries at once, as there is reason to think that it will work now. */
  readonly wake = (): void => {
    this.#failures = 0
    this.#wakeUp()
  }

  #wait(): number {
    const backOff = document.hidden ? hiddenBackOff : shownBackOff
    return backOffMs(backOff, this.#failures, Math.random)
  }

  #isConnected(): boolean {
    const connections = this.#init.libp2p.getConnections()
    return connections.some(({ remotePeer }) => remotePeer.toString() === this.#peer)
  }

  async #dial(): Promise<boolean> {
    const { gate } = this.#init
    if (gate.isShut) return false
    const ends = [gate.untilShut, this.#stopping.signal]
    try {
      const addresses = (await this.#init.find()).map((address) => multiaddr(address))
      if (addresses.length === 0) return false
      const timeout = AbortSignal.timeout(dialWithinMs)
      const signal = AbortSignal.any([timeout, ...ends])
      const connection = await this.#init.libp2p.dial(addresses as Multiaddr[], { signal })
      this.#peer = connection.remotePeer.toString()
      return true
    } catch {
      // What was wrong is of no use to anyone here: the state line says that the tab is offline.
      return false
    }
  }

  async #untilLost(connectedAt: number): Promise<void> {
    while (this.#isConnected() && !this.#stopping.signal.aborted) await this.#sleep()
    const settled = performance.now() - connectedAt > settledAfterMs
    this.#failures = settled ? 0 : this.#failures + 1
  }

  /** Until `ms` have passed, or something happens that is worth a look. */
  #sleep(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Each look is short: whether it is still connected, or may be again. */
  #listen(): () => void {
    const { libp2p } = this.#init
    const look = (): void => this.#wakeUp()
    libp2p.addEventListener('peer:disconnect', look)
    return () => libp2p.removeEventListener('peer:disconnect', look)
  }
}
