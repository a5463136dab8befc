// A field for a name with its button, and what is wrong with the name.
import { useSignal } from '@preact/signals'
import type { JSX, TargetedEvent } from 'preact'
import { useId } from 'preact/hooks'

export interface NameFormProps {
  readonly class?: string
  /** For those who do not see the placeholder. */
  readonly label: string
  readonly placeholder: string
  readonly button: string
  readonly enterKeyHint: 'done' | 'go'
  readonly disabled?: boolean
  readonly testIds: { readonly field: string; readonly button: string; readonly problem: string }
  /** Takes the name, or says what is wrong with it. */
  readonly submit: (name: string) => Promise<string | undefined> | string | undefined
}

export function NameForm(props: NameFormProps): JSX.Element {
  const { testIds } = props
  const name = useSignal('')
  const problem = useSignal<string | undefined>(undefined)
  const id = useId()
  const submit = async (event: TargetedEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    problem.value = await props.submit(name.peek())
    if (problem.peek() === undefined) name.value = ''
  }
  return (
    <form class={`field ${props.class ?? ''}`} onSubmit={(event) => void submit(event)}>
      <label for={id} class="visually-hidden">
        {props.label}
      </label>
      <div class="joined">
        <input
          id={id}
          type="text"
          dir="auto"
          placeholder={props.placeholder}
          autocomplete="off"
          autocapitalize="none"
          enterkeyhint={props.enterKeyHint}
          data-testid={testIds.field}
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
          data-testid={testIds.button}
          disabled={props.disabled}
        >
          {props.button}
        </button>
      </div>
      <p id={`${id}-problem`} class="problem" role="alert" data-testid={testIds.problem}>
        {problem.value}
      </p>
    </form>
  )
}
