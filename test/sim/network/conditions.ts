// How a link behaves, one way. A run may change it at any time.

export interface Conditions {
  latencyMs: number
  jitterMs: number
  bytesPerMs: number
  /** Probabilities, for each gossip message. */
  loss: number
  duplication: number
  reordering: number
  /** The probability that a message, of gossip or of a stream, takes very long. */
  delay: number
  /** The probability that a stream is cut on its way. */
  cut: number
  /** Nothing goes through. */
  isBlocked: boolean
}

export const goodConditions = (latencyMs: number, bytesPerMs: number): Conditions => ({
  latencyMs,
  jitterMs: latencyMs / 4,
  bytesPerMs,
  loss: 0,
  duplication: 0,
  reordering: 0,
  delay: 0,
  cut: 0,
  isBlocked: false,
})
