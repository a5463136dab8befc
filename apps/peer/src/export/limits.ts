// What an import may cost, with reasons.
interface ExportLimits {
  readonly lineBytes: number
  readonly totalBytes: number
}

export const EXPORT_LIMITS: ExportLimits = Object.freeze({
  /** 500 request records with the longest amounts, and the longest key with all of it escaped. */
  lineBytes: 256 * 1024,
  /** Some seven million slots: past what a peer holds in the memory that Node gives it. */
  totalBytes: 1024 * 1024 * 1024,
})
