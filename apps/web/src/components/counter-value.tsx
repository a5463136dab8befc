// A counter's value, as large as it fits, with a nod when it moves.
import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { formatInteger, shortenInteger } from '../amount.ts'
import { counters } from '../state.ts'

/** A value of more characters than this is shown with its middle left out. */
const mostShown = 44

/** Long values are set smaller, in steps that styles/card.css knows. */
function sizeOf(text: string): 'xl' | 'l' | 'm' | 's' | 'xs' {
  if (text.length <= 5) return 'xl'
  if (text.length <= 7) return 'l'
  if (text.length <= 10) return 'm'
  return text.length <= 18 ? 's' : 'xs'
}

const nod: Keyframe[] = [
  { transform: 'translateY(0.18em)', opacity: 0.35 },
  { transform: 'none', opacity: 1 },
]

/** Up where it grew, down where it shrank; still for who wants no motion. */
function useNod(value: bigint): { readonly current: HTMLParagraphElement | null } {
  const element = useRef<HTMLParagraphElement>(null)
  const before = useRef(value)
  useLayoutEffect(() => {
    const grew = value > before.current
    if (value === before.current) return
    before.current = value
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const from = grew ? nod : [{ ...nod[0], transform: 'translateY(-0.18em)' }, { ...nod[1] }]
    element.current?.animate(from, { duration: 180, easing: 'cubic-bezier(.2,.8,.3,1)' })
  }, [value])
  return element
}

export function CounterValue({ counter }: { counter: string }): JSX.Element {
  const value = counters.get(counter).value.value
  const text = formatInteger(value)
  const element = useNod(value)
  return (
    <p
      ref={element}
      class="value"
      data-testid="value"
      data-value={value}
      data-size={sizeOf(text)}
      title={text.length > mostShown ? text : undefined}
    >
      {shortenInteger(text, mostShown)}
    </p>
  )
}
