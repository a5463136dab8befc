// Above the list: search, and a name for a new counter.
import { useSignal } from '@preact/signals'
import type { JSX, TargetedEvent } from 'preact'
import { addCounter } from '../count.ts'
import { search, service } from '../state.ts'

function Search(): JSX.Element {
  return (
    <div class="field" role="search">
      <label for="search" class="visually-hidden">
        Search counters by name
      </label>
      <input
        id="search"
        type="search"
        placeholder="Search"
        autocomplete="off"
        enterkeyhint="search"
        data-testid="search"
        value={search.value}
        onInput={(event) => {
          search.value = event.currentTarget.value
        }}
      />
    </div>
  )
}

function AddCounter(): JSX.Element {
  const name = useSignal('')
  const problem = useSignal<string | undefined>(undefined)
  const submit = async (event: TargetedEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    problem.value = await addCounter(name.peek())
    if (problem.peek() === undefined) name.value = ''
  }
  return (
    <form class="field" onSubmit={(event) => void submit(event)}>
      <label for="new-name" class="visually-hidden">
        Name of a new counter
      </label>
      <div class="joined">
        <input
          id="new-name"
          type="text"
          dir="auto"
          placeholder="Name a new counter"
          autocomplete="off"
          autocapitalize="none"
          enterkeyhint="done"
          data-testid="new-name"
          value={name.value}
          aria-invalid={problem.value !== undefined}
          aria-describedby="new-name-problem"
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
      <p id="new-name-problem" class="problem" role="alert" data-testid="name-problem">
        {problem.value}
      </p>
    </form>
  )
}

export function Toolbar(): JSX.Element {
  return (
    <div class="toolbar">
      <Search />
      <AddCounter />
    </div>
  )
}
