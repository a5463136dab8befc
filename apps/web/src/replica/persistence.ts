// Asks the browser not to evict what this site keeps when the disk fills up.

let answer: Promise<boolean | null> | undefined

/**
 * Asks once, when there is something to keep: Firefox asks the person, and a question out of nowhere is
 * answered with no. Null where the browser can't be asked (plain HTTP).
 */
export function askToPersist(): Promise<boolean | null> {
  answer ??= ask().catch(() => null)
  return answer
}

async function ask(): Promise<boolean | null> {
  if (navigator.storage?.persist === undefined) return null
  return (await navigator.storage.persisted()) || (await navigator.storage.persist())
}
