// The line that `tallymesh peer --json` prints once it serves.

export interface Ready {
  readonly event: 'ready'
  readonly peerId: string
  readonly replica: string
  /** Base URL of the API and the page, without a slash at the end. */
  readonly http: string
  readonly listen: readonly string[]
}

/** Undefined for any other line. */
export function parseReady(line: string): Ready | undefined {
  try {
    const message = JSON.parse(line) as Ready
    return message.event === 'ready' ? message : undefined
  } catch {
    return undefined
  }
}
