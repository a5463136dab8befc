// One sentence at the bottom of the page, about what was just done.
import { type Signal, signal } from '@preact/signals'

export const message: Signal<string | undefined> = signal(undefined)
