// How far a peer's wall clock is from one's own, as exchanges show it.

/** Samples that are kept: a steady clock needs one good one, and one that was set right is believed soon. */
const MAX_SAMPLES = 8

interface Sample {
  readonly offsetMs: number
  readonly roundTripMs: number
}

/**
 * A question and its answer bound the moment at which the peer read its clock; half of the round trip is
 * the best guess, and the shortest round trip the best sample (Mills, RFC 5905, section 10).
 */
export class ClockOffset {
  readonly #samples: Sample[] = []

  /** @param askedAt our wall clock when we asked, `told` theirs when they answered */
  add(askedAt: number, told: number, roundTripMs: number): void {
    this.#samples.push({ offsetMs: told - (askedAt + roundTripMs / 2), roundTripMs })
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift()
  }

  /** Milliseconds that the peer is ahead of this one. */
  get ms(): number {
    return this.#samples.reduce((best, sample) =>
      sample.roundTripMs < best.roundTripMs ? sample : best,
    ).offsetMs
  }
}
