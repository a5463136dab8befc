// The name of one increment: the same for all attempts, and for nothing else.

const BYTES = 16

/**
 * 128 random bits as 32 hexadecimal digits. By getRandomValues, since randomUUID is missing on pages
 * that came over plain HTTP.
 */
export const createRequestId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(BYTES))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
