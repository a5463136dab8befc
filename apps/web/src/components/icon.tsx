// The few signs that the page draws itself, in the colour of the text around them.
import type { JSX } from 'preact'

const shapes = {
  back: 'M14.5 5.5 8 12l6.5 6.5',
  forward: 'm9.5 5.5 6.5 6.5-6.5 6.5',
  close: 'm6.5 6.5 11 11m0-11-11 11',
  search: 'M11 17.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm4.8-1.7 4.2 4.2',
  share: 'M12 14.5v-10m0 0L8 8.5m4-4 4 4M5.5 12.5v5a2 2 0 0 0 2 2h9a2 2 0 0 0 2-2v-5',
  mesh: 'M12 7.5v4m0 0-5 4.6m5-4.6 5 4.6M12 7.4a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4ZM5.6 20.4a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Zm12.8 0a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z',
  undo: 'M8.5 5 4.5 9l4 4m-4-4h9a5 5 0 0 1 0 10h-3',
} as const

export function Icon({ name }: { name: keyof typeof shapes }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  )
}
