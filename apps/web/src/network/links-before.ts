// The links that this tab had lately, so that a cut can be seen as one.
import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { TabLink } from '../replica/tab-state.ts'
import { tab } from '../state.ts'

/** The last that were met; tabs that were closed are among them, and make room in the end. */
const most = 8

const before: Signal<readonly TabLink[]> = signal([])

export const linksBefore: ReadonlySignal<readonly TabLink[]> = before

effect(() => {
  const now = tab.value.links
  const peers = new Set(now.map(({ peer }) => peer))
  const all = [...before.peek().filter(({ peer }) => !peers.has(peer)), ...now]
  before.value = all.slice(-Math.max(most, now.length))
})
