// How far a peer's wall clock is from one's own, as exchanges show it.

/** Samples that are kept: a steady clock needs one good one, and one that runs fast is followed. */
const MAX_SAMPLES = 8
/** What clocks of whole milliseconds add to a sample's error, at both of its ends. */
const ROUNDING_MS = 2

interface Sample {
  readonly offsetMs: number
  readonly roundTripMs: number
}

/**
 * A question and its answer bound the moment at which the peer read its clock; half of the round trip is
 * the best guess, and the shortest round trip the best sample (Mills, RFC 5905, section 10).
 */
export class ClockOffset {
  #samples: Sample[] = []

  /** @param askedAt our wall clock when we asked, `told` theirs when they answered */
  add(askedAt: number, told: number, roundTripMs: number): void {
    const sample = { offsetMs: told - (askedAt + roundTripMs / 2), roundTripMs }
    // One that can't be of the same clock is of before it was set.
    this.#samples = [...this.#samples.filter((older) => mayAgree(older, sample)), sample]
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift()
  }

  /** Milliseconds that the peer is ahead of this one. */
  get ms(): number {
    return this.#samples.reduce((best, sample) =>
      sample.roundTripMs < best.roundTripMs ? sample : best,
    ).offsetMs
  }
}

/** The truth is within half of a round trip of each. */
const mayAgree = (a: Sample, b: Sample): boolean =>
  Math.abs(a.offsetMs - b.offsetMs) <= (a.roundTripMs + b.roundTripMs) / 2 + ROUNDING_MS
