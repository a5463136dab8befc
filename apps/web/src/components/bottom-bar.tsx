// At the bottom for a while: the last tap, with a way to take it back, or what was just done.
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { formatSigned, shortenInteger } from '../amount.ts'
import { nameOf } from '../board/key.ts'
import { lastTap, type Tap, undoLastTap } from '../count.ts'
import { message } from '../message.ts'
import { Icon } from './icon.tsx'

/** Long enough to notice a wrong tap; Ctrl+Z and `u` go on working after it. */
const shownMs = 12_000

const signed = (amount: bigint): string => shortenInteger(formatSigned(amount), 14)

async function undo(): Promise<void> {
  const problem = await undoLastTap()
  if (problem !== undefined) message.value = problem
}

function TapWords({ tap }: { tap: Tap }): JSX.Element {
  const name = nameOf(tap.key)
  if (tap.isUndo)
    return (
      <p>
        Taken back: <strong>{signed(tap.amount)}</strong> counted on{' '}
        <strong dir="auto">{name}</strong>
      </p>
    )
  return (
    <>
      <p>
        <strong>{signed(tap.amount)}</strong> on <strong dir="auto">{name}</strong>
      </p>
      <button
        type="button"
        class="bar-button"
        data-testid="undo"
        aria-label={`Undo: count ${formatSigned(-tap.amount)} on ${name}`}
        title="Undo (u)"
        onClick={() => void undo()}
      >
        <Icon name="undo" />
        Undo ({signed(-tap.amount)})
      </button>
    </>
  )
}

export function BottomBar(): JSX.Element | null {
  const tap = lastTap.value
  const words = message.value
  const hovered = useSignal(false)
  /** The tap that was shown for long enough. */
  const seen = useSignal<Tap | undefined>(undefined)
  const close = (): void => {
    hovered.value = false
    seen.value = tap
    message.value = undefined
  }
  useEffect(() => {
    if (hovered.value) return
    const timer = setTimeout(close, shownMs)
    return () => clearTimeout(timer)
  }, [tap, words, hovered.value])
  // A new tap is what was just done, and no longer what was said before it.
  useEffect(() => {
    message.value = undefined
  }, [tap])
  const shown = tap === seen.value ? undefined : tap
  if (shown === undefined && words === undefined) return null
  return (
    <div
      class="bottom-bar"
      role="group"
      aria-label="What was just done"
      onMouseEnter={() => (hovered.value = true)}
      onMouseLeave={() => (hovered.value = false)}
      onFocusIn={() => (hovered.value = true)}
      onFocusOut={() => (hovered.value = false)}
    >
      {words !== undefined ? <p>{words}</p> : shown && <TapWords tap={shown} />}
      <button
        type="button"
        class="bar-button bar-close"
        aria-label="Close this message"
        onClick={close}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}
