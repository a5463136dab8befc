// + or −. A press counts the amount that stands in the field; a long one, or one with Shift, asks for another.
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { formatInteger, parseAmount, shortenInteger } from '../amount.ts'

/** As long as phones take for a long press. */
const longPressMs = 450

export interface StepProps {
  readonly name: string
  readonly typed: string
  readonly sign: 1n | -1n
  readonly onCount: (sign: 1n | -1n) => void
  readonly onAsk: (sign: 1n | -1n) => void
}

interface LongPress {
  readonly start: () => void
  readonly end: () => void
  readonly abandon: () => void
  /** Whether the press that ends now was a long one. */
  readonly wasLong: () => boolean
}

function useLongPress(act: () => void): LongPress {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const long = useRef(false)
  return {
    start: () => {
      long.current = false
      clearTimeout(timer.current)
      timer.current = setTimeout(() => {
        long.current = true
        act()
      }, longPressMs)
    },
    end: () => clearTimeout(timer.current),
    // No click comes after these.
    abandon: () => {
      clearTimeout(timer.current)
      long.current = false
    },
    wasLong: () => {
      const was = long.current
      long.current = false
      return was
    },
  }
}

export function StepButton({ name, typed, sign, onCount, onAsk }: StepProps): JSX.Element {
  const amount = parseAmount(typed).amount
  const plus = sign === 1n
  const press = useLongPress(() => onAsk(sign))
  // Where the amount is short, the button says what it will do.
  const shown = amount === undefined || amount === 1n ? '' : shortenInteger(`${amount}`, 4)
  const fits = shown !== '' && !shown.includes('…') && !shown.startsWith('-')
  const what = amount === undefined ? '' : ` ${formatInteger(amount)}`
  return (
    <button
      type="button"
      class={plus ? 'step step-plus' : 'step'}
      data-testid={plus ? 'plus' : 'minus'}
      aria-label={plus ? `Add${what} to ${name}` : `Subtract${what} from ${name}`}
      onPointerDown={({ button }) => button === 0 && press.start()}
      onPointerUp={press.end}
      onPointerCancel={press.abandon}
      onPointerLeave={press.abandon}
      onContextMenu={(event) => event.preventDefault()}
      onClick={({ shiftKey }) => {
        if (press.wasLong()) return
        if (shiftKey) onAsk(sign)
        else onCount(sign)
      }}
    >
      {plus ? '+' : '−'}
      {fits && <span class="step-amount">{shown}</span>}
    </button>
  )
}
