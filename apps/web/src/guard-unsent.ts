// Has the browser ask before a tab goes that alone holds increments: reloaded, closed or left.
import { effect } from '@preact/signals'
import { tab } from './state.ts'
import { wouldLoseUnsent } from './storage-words.ts'

const ask = (event: Event): void => event.preventDefault()

/** Listens only while there is something to lose: a page that does is not kept for the way back. */
export function guardUnsent(): () => void {
  return effect(() => {
    if (wouldLoseUnsent(tab.value)) addEventListener('beforeunload', ask)
    else removeEventListener('beforeunload', ask)
  })
}
