// Speaks through the page's live region, with restraint: of many things in a row only the last.
import { announcement } from './state.ts'

const settleMs = 600

let timer: ReturnType<typeof setTimeout> | undefined

/** Says it once nothing newer has come up for a moment: the tenth tap on +, not each. */
export function announceSoon(text: string): void {
  clearTimeout(timer)
  timer = setTimeout(() => {
    announcement.value = text
  }, settleMs)
}
