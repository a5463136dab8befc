// A name for a new counter.
import { useSignal } from '@preact/signals'
import type { JSX, TargetedEvent } from 'preact'
import { useId } from 'preact/hooks'
import { addCounter } from '../count.ts'
import { service } from '../state.ts'

export function AddCounter(): JSX.Element {
  const name = useSignal('')
  const problem = useSignal<string | undefined>(undefined)
  const id = useId()
  const submit = async (event: TargetedEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    problem.value = await addCounter(name.peek())
    if (problem.peek() === undefined) name.value = ''
  }
  return (
    <form class="field" onSubmit={(event) => void submit(event)}>
      <label for={id} class="visually-hidden">
        Name of a new counter
      </label>
      <div class="joined">
        <input
          id={id}
          type="text"
          dir="auto"
          placeholder="Name a new counter"
          autocomplete="off"
          autocapitalize="none"
          enterkeyhint="done"
          data-testid="new-name"
          value={name.value}
          aria-invalid={problem.value !== undefined}
          aria-describedby={`${id}-problem`}
          onInput={(event) => {
            name.value = event.currentTarget.value
            problem.value = undefined
          }}
        />
        <button
          type="submit"
          class="button button-main"
          data-testid="add"
          disabled={service.value === undefined}
        >
          Add
        </button>
      </div>
      <p id={`${id}-problem`} class="problem" role="alert" data-testid="name-problem">
        {problem.value}
      </p>
    </form>
  )
}
