// The mark of what was sent, kept in the replica's store. Good to have, and no harm to lose: more counts
// as unsent then than is.
import type { CounterService } from '@tallymesh/sync'
import type { BrowserStore } from '@tallymesh/storage/browser'
import { SentMark } from './sent-mark.ts'

const NOTE = 'sent'

interface Kept {
  readonly replica: string
  readonly sent: number
}

/** @param store where it is kept; undefined where nothing is */
export async function openMark(
  store: BrowserStore | undefined,
  service: CounterService,
): Promise<SentMark> {
  const { replica, seq } = service.status()
  const note = await store?.note(NOTE).catch(() => undefined)
  const isOfThis = isKept(note) && note.replica === replica && note.sent <= seq
  return new SentMark(isOfThis ? note.sent : 0, (sent) => {
    store?.keepNote(NOTE, { replica: service.replica, sent } satisfies Kept).catch(() => undefined)
  })
}

const isKept = (note: unknown): note is Kept =>
  typeof note === 'object' &&
  note !== null &&
  typeof (note as Kept).replica === 'string' &&
  typeof (note as Kept).sent === 'number'
