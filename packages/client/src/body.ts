// Reads the body of a response, but not without end.

/** The largest reply is a page of 1,000 counters with every character of their keys escaped: 4 MB. */
const MAX_BYTES = 16 * 1024 * 1024

/** The text of a response; undefined where it is too long for a peer's, or not UTF-8. */
export const readText = async (response: Response): Promise<string | undefined> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  const reader = response.body?.getReader()
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    bytes += part.value.byteLength
    if (bytes > MAX_BYTES) {
      await reader?.cancel()
      return undefined
    }
    chunks.push(part.value)
  }
  return decode(chunks)
}

const decode = (chunks: readonly Uint8Array[]): string | undefined => {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  try {
    return chunks.map((chunk) => utf8.decode(chunk, { stream: true })).join('') + utf8.decode()
  } catch {
    return undefined
  }
}
