// Names of counters as people type them.

/** A key's limit in UTF-8 bytes, as core has it. Repeated, so that the first paint does not load core. */
const maxBytes = 512

/** The key that a typed name means, or in words why there is none. */
export type ParsedName =
  | { readonly key: string; readonly problem?: undefined }
  | { readonly key?: undefined; readonly problem: string }

export function parseName(typed: string): ParsedName {
  const key = typed.trim()
  if (key === '') return { problem: 'Give the counter a name first.' }
  if (!key.isWellFormed()) {
    return { problem: 'This name has half of a character in it. Type it again.' }
  }
  const bytes = new TextEncoder().encode(key).length
  if (bytes > maxBytes) {
    return {
      problem: `This name is too long: ${bytes} bytes, and ${maxBytes} is the most. Shorten it.`,
    }
  }
  return { key }
}
