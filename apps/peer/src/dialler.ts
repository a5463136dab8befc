// Keeps connections to the addresses that the operator named, for as long as the peer runs.
import { setTimeout as sleep } from 'node:timers/promises'
import { backOffMs, type BackOff } from '@tallymesh/sync'

/** What the dialler needs of a network. */
export interface Links {
  /** Connects, and gives the id of the peer that answered. */
  dial(address: string, signal: AbortSignal): Promise<string>
  /** Resolves once there is no connection to the peer any more. */
  gone(peer: string, signal: AbortSignal): Promise<void>
}

export interface DiallerLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  debug(facts: object, message: string): void
}

export interface DiallerOptions {
  readonly links: Links
  readonly addresses: readonly string[]
  readonly log: DiallerLog
  readonly random?: () => number
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * The failure that is worth a line, after some three seconds: sooner, it may be a peer that starts
 * beside this one. And only that one: it goes on for as long as the other is away.
 */
const LOUD_FAILURE = 3

/** A peer that restarts is found again in a second; one that is away for long costs a dial every ten. */
const BACK_OFF: BackOff = Object.freeze({ firstMs: 500, longestMs: 10_000 })

const waitFor = async (ms: number, signal: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal })
}

export class Dialler {
  readonly #links: Links
  readonly #log: DiallerLog
  readonly #random: () => number
  readonly #wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly #stopping = new AbortController()
  readonly #addresses: readonly string[]
  #ended: Promise<unknown> = Promise.resolve()
  #tried: Promise<unknown> = Promise.resolve()

  constructor({ links, addresses, log, random = Math.random, wait = waitFor }: DiallerOptions) {
    this.#links = links
    this.#addresses = [...new Set(addresses)]
    this.#log = log
    this.#random = random
    this.#wait = wait
  }

  start(): void {
    const tries = this.#addresses.map((address) => ({ address, ...Promise.withResolvers<void>() }))
    this.#tried = Promise.all(tries.map(({ promise }) => promise))
    this.#ended = Promise.all(tries.map(({ address, resolve }) => this.#keep(address, resolve)))
  }

  /** Resolves once each address was dialled once, whatever came of it; after `limitMs` all the same. */
  async firstAttempts(limitMs: number): Promise<void> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, this.#stopping.signal])
    await Promise.race([this.#tried, this.#pause(limitMs, signal)])
    over.abort()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#ended
  }

  /** @param tried called when the first attempt has ended; again after that, it does nothing */
  async #keep(address: string, tried: () => void): Promise<void> {
    const { signal } = this.#stopping
    let failures = 0
    while (!signal.aborted) {
      const connected = await this.#holdOnce(address, failures, tried)
      failures = connected ? 0 : failures + 1
      // After a loss as after a failure: a peer that takes and drops connections is no busier for it.
      await this.#pause(backOffMs(BACK_OFF, failures, this.#random), signal)
    }
  }

  /** Connects and waits until the connection is gone; false where there was none to be had. */
  async #holdOnce(address: string, failures: number, tried: () => void): Promise<boolean> {
    const { signal } = this.#stopping
    try {
      const peer = await this.#links.dial(address, signal).finally(tried)
      this.#log.info({ peer, address }, 'connected')
      await this.#links.gone(peer, signal)
      if (!signal.aborted) this.#log.info({ peer, address }, 'lost the connection')
      return true
    } catch (error) {
      if (!signal.aborted) this.#complain(address, failures, error)
      return false
    }
  }

  #complain(address: string, failures: number, error: unknown): void {
    const say = failures === LOUD_FAILURE ? 'warn' : 'debug'
    this.#log[say]({ address, reason: String(error) }, 'could not connect; trying on')
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#wait(ms, signal)
    } catch {
      // Stopped, or no longer of interest.
    }
  }
}
