// Above the list: search, and a name for a new counter.
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { counters, place, search } from '../state.ts'
import { AddCounter } from './add-counter.tsx'
import { Icon } from './icon.tsx'
import { Welcome } from './welcome.tsx'

function Search(): JSX.Element {
  const id = useId()
  return (
    <div class="field search" role="search">
      <label for={id} class="visually-hidden">
        Search counters by name
      </label>
      <Icon name="search" />
      <input
        id={id}
        type="search"
        placeholder={place.value.board === '' ? 'Search all boards' : 'Search this board'}
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

export function Toolbar(): JSX.Element {
  if (place.value.board === '' && counters.keys.value.length === 0) return <Welcome />
  return (
    <>
      {place.value.board === '' && (
        <div class="section-head section-head-low">
          <div>
            <h2>{search.value.trim() === '' ? 'On no board' : 'Found'}</h2>
          </div>
        </div>
      )}
      <div class="toolbar">
        <Search />
        <AddCounter />
      </div>
    </>
  )
}
