// What counts on one counter: −, the value with the amount below it, and +.
import { type Signal, signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { parseAmount } from '../amount.ts'
import { nameOf } from '../board/key.ts'
import { count } from '../count.ts'
import { CounterValue } from './counter-value.tsx'
import { StepButton } from './step-button.tsx'

/** What is typed into amount fields, which scroll out of the document and back. */
const typedAmounts = new Map<string, Signal<string>>()

function typedAmount(key: string): Signal<string> {
  const known = typedAmounts.get(key)
  if (known !== undefined) return known
  const made = signal('')
  typedAmounts.set(key, made)
  return made
}

type Sign = 1n | -1n

export function Controls({ counter }: { counter: string }): JSX.Element {
  const name = nameOf(counter)
  const typed = typedAmount(counter)
  const problem = useSignal<string | undefined>(undefined)
  /** Set while the field asks for an amount for one time, and for which button. */
  const asked = useSignal<Sign | undefined>(undefined)
  const form = useRef<HTMLFormElement>(null)
  const field = useRef<HTMLInputElement>(null)
  const id = useId()

  const onCount = async (sign: Sign): Promise<void> => {
    const parsed = parseAmount(typed.peek())
    problem.value = parsed.problem ?? (await count(counter, sign * (parsed.amount ?? 0n)))
  }
  const onAsk = (sign: Sign): void => {
    asked.value = sign
    field.current?.focus()
    field.current?.select()
  }
  const onSubmit = async (): Promise<void> => {
    const sign = asked.peek()
    await onCount(sign ?? 1n)
    if (sign === undefined || problem.peek() !== undefined) return
    typed.value = ''
    const button = sign === 1n ? 'plus' : 'minus'
    form.current?.querySelector<HTMLElement>(`[data-testid=${button}]`)?.focus()
  }
  const step = (sign: Sign): JSX.Element => (
    <StepButton
      name={name}
      typed={typed.value}
      sign={sign}
      onCount={(s) => void onCount(s)}
      onAsk={onAsk}
    />
  )
  return (
    <form
      ref={form}
      class="controls"
      onSubmit={(event) => {
        event.preventDefault()
        void onSubmit()
      }}
    >
      {step(-1n)}
      <div class="middle">
        <CounterValue counter={counter} />
        <div class="by" data-asked={asked.value !== undefined}>
          <label for={id}>
            {asked.value === undefined ? 'by' : asked.value === 1n ? 'add' : 'take'}
          </label>
          <input
            ref={field}
            id={id}
            class="amount"
            type="text"
            inputmode="numeric"
            autocomplete="off"
            enterkeyhint="done"
            placeholder="1"
            aria-label={`Amount for ${name}`}
            aria-invalid={problem.value !== undefined}
            aria-describedby={`${id}-problem`}
            data-testid="amount"
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value
              problem.value = undefined
            }}
            onBlur={() => (asked.value = undefined)}
          />
        </div>
      </div>
      {step(1n)}
      <p id={`${id}-problem`} class="problem problem-over" role="alert" data-testid="problem">
        {problem.value}
      </p>
    </form>
  )
}
