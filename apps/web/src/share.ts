// Hands on the link of a board: with the device's own share sheet where it has one, else by copying it.
import { boardLink } from './board/place.ts'

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || host.startsWith('127.')

/** The whole address of a board. */
export function boardAddress(board: string): string {
  return new URL(boardLink(board), location.href).href
}

/** What to tell a person about an address of this page, besides that it was copied. */
export function reachOf(host: string): string {
  return isLoopback(host)
    ? 'It opens on this machine only: its address is this machine’s own.'
    : 'Whoever opens it counts on the same board.'
}

/** Without a secure context there is no clipboard for scripts, but a selection can still be copied. */
function copySelected(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'visually-hidden'
  field.setAttribute('readonly', '')
  document.body.append(field)
  field.select()
  // Deprecated, and the only way on plain HTTP.
  const copied = document.execCommand('copy')
  field.remove()
  return copied
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text)
  }
}

/** Shares it, and returns in words what was done; nothing where the share sheet speaks for itself. */
export async function shareBoard(board: string): Promise<string | undefined> {
  const url = boardAddress(board)
  if (navigator.share !== undefined && matchMedia('(pointer: coarse)').matches) {
    try {
      await navigator.share({ title: board === '' ? 'Tallymesh' : board, url })
      return undefined
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return undefined
    }
  }
  const reach = reachOf(location.hostname)
  return (await copy(url)) ? `Link copied. ${reach}` : `Copy this link: ${url}`
}
