// Operations whose request records must stay: those that were counted provisionally.
import { LIMITS, malformed, type ByteReader, type ByteWriter } from '@tallymesh/core'

/**
 * The operations in `(from, to]`. A copy of the store may hold what was written under a provisional epoch
 * when that was folded, or was shown, here; as long as both have the records, it counts once (cover.ts).
 * The copy may turn up at any time. So a floor passes them, but they stay, listed beside it.
 */
export type Span = readonly [from: number, to: number]

export const isSheltered = (spans: readonly Span[], seq: number): boolean =>
  spans.some(([from, to]) => from < seq && seq <= to)

/** With one more, of later operations. */
export const shelter = (spans: readonly Span[], from: number, to: number): readonly Span[] => {
  if (from >= to) return spans
  const last = spans.at(-1)
  return last?.[1] === from ? [...spans.slice(0, -1), [last[0], to]] : [...spans, [from, to]]
}

/** Those that a floor at `upTo` has not passed: it lists the records of the others. */
export const passed = <T extends { readonly sheltered: readonly Span[] }>(
  identity: T,
  upTo: number,
): T => {
  const sheltered = identity.sheltered.filter(([, to]) => to > upTo)
  return sheltered.length === identity.sheltered.length ? identity : { ...identity, sheltered }
}

/** Cut off past the last operation. */
export const within = (spans: readonly Span[], last: number): readonly Span[] =>
  spans.map(([from, to]): Span => [from, Math.min(to, last)]).filter(([from, to]) => from < to)

export const writeSpans = (writer: ByteWriter, spans: readonly Span[]): void => {
  writer.varint(spans.length)
  let before = 0
  for (const [from, to] of spans) {
    writer.varint(from - before)
    writer.varint(to - from)
    before = to
  }
}

/** @throws {TallymeshError} `ERR_MALFORMED` */
export const readSpans = (reader: ByteReader): Span[] => {
  let before = 0
  return Array.from({ length: reader.count() }, () => {
    const from = before + reader.varint()
    const to = from + reader.varint()
    if (to === from || to > LIMITS.seq)
      throw malformed('an interval is empty, or past all operations')
    before = to
    return [from, to] as const
  })
}
