// One counter: its name, its value, and the buttons that count.
import { type Signal, signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { formatInteger, parseAmount, shortenInteger } from '../amount.ts'
import { count } from '../count.ts'
import { plural } from '../state-words.ts'
import { counters } from '../state.ts'

/** A value of more characters than this is shown with its middle left out. */
const mostShown = 44

/** What is typed into amount fields, which scroll out of the document and back. */
const typedAmounts = new Map<string, Signal<string>>()

function typedAmount(key: string): Signal<string> {
  const known = typedAmounts.get(key)
  if (known !== undefined) return known
  const made = signal('')
  typedAmounts.set(key, made)
  return made
}

/** Long values are set smaller, in steps that styles.css knows. */
function sizeOf(text: string): 'xl' | 'l' | 'm' | 's' | 'xs' {
  if (text.length <= 7) return 'xl'
  if (text.length <= 11) return 'l'
  if (text.length <= 15) return 'm'
  return text.length <= 22 ? 's' : 'xs'
}

function Value({ name }: { name: string }): JSX.Element {
  const { value, ops } = counters.get(name)?.value ?? { value: 0n, ops: 0 }
  const text = formatInteger(value)
  return (
    <>
      <div class="card-name">
        <h2 dir="auto" title={name}>
          {name}
        </h2>
        <p data-testid="ops" data-ops={ops}>
          {plural(ops, 'increment', 'increments')}
        </p>
      </div>
      <p
        class="value"
        data-testid="value"
        data-value={value}
        data-size={sizeOf(text)}
        title={text.length > mostShown ? text : undefined}
      >
        {shortenInteger(text, mostShown)}
      </p>
    </>
  )
}

interface StepProps {
  readonly name: string
  readonly typed: string
  readonly sign: 1n | -1n
  readonly onCount: (sign: 1n | -1n) => void
}

function StepButton({ name, typed, sign, onCount }: StepProps): JSX.Element {
  const amount = parseAmount(typed).amount
  const plus = sign === 1n
  // Where the amount is short, the button says what it will do.
  const shown = amount === undefined || amount === 1n ? '' : shortenInteger(`${amount}`, 5)
  const fits = shown !== '' && !shown.includes('…') && !shown.startsWith('-')
  const what = amount === undefined ? '' : ` ${formatInteger(amount)}`
  return (
    <button
      type="button"
      class={plus ? 'step step-plus' : 'step'}
      data-testid={plus ? 'plus' : 'minus'}
      aria-label={plus ? `Add${what} to ${name}` : `Subtract${what} from ${name}`}
      onClick={() => onCount(sign)}
    >
      {plus ? '+' : '−'}
      {fits && <span class="step-amount">{shown}</span>}
    </button>
  )
}

function Controls({ name }: { name: string }): JSX.Element {
  const typed = typedAmount(name)
  const problem = useSignal<string | undefined>(undefined)
  const problemId = useId()
  const onCount = async (sign: 1n | -1n): Promise<void> => {
    const parsed = parseAmount(typed.peek())
    problem.value = parsed.problem ?? (await count(name, sign * (parsed.amount ?? 0n)))
  }
  const step = (sign: 1n | -1n): JSX.Element => (
    <StepButton name={name} typed={typed.value} sign={sign} onCount={(s) => void onCount(s)} />
  )
  return (
    <form
      class="controls"
      onSubmit={(event) => {
        event.preventDefault()
        void onCount(1n)
      }}
    >
      {step(-1n)}
      <input
        class="amount"
        type="text"
        inputmode="numeric"
        autocomplete="off"
        enterkeyhint="done"
        placeholder="1"
        aria-label={`Amount for ${name}`}
        aria-invalid={problem.value !== undefined}
        aria-describedby={problemId}
        data-testid="amount"
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value
          problem.value = undefined
        }}
      />
      {step(1n)}
      <p id={problemId} class="problem problem-over" role="alert" data-testid="problem">
        {problem.value}
      </p>
    </form>
  )
}

export interface CounterCardProps {
  readonly name: string
  /** Its number in the list, from 1, and how many there are: a screen reader can't count what is not there. */
  readonly position: number
  readonly count: number
  readonly left: number
  readonly top: number
  readonly width: number
}

export function CounterCard(props: CounterCardProps): JSX.Element {
  const { name, position, left, top, width } = props
  return (
    <li
      class="card"
      data-testid="counter"
      data-key={name}
      aria-posinset={position}
      aria-setsize={props.count}
      style={{ transform: `translate(${left}px, ${top}px)`, width: `${width}px` }}
    >
      <div class="card-head">
        <Value name={name} />
      </div>
      <Controls name={name} />
    </li>
  )
}
