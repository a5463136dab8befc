// A name for a new counter.
import type { JSX } from 'preact'
import { addCounter } from '../count.ts'
import { service } from '../state.ts'
import { NameForm } from './name-form.tsx'

export function AddCounter(): JSX.Element {
  return (
    <NameForm
      label="Name of a new counter"
      placeholder="Name a new counter"
      button="Add"
      enterKeyHint="done"
      disabled={service.value === undefined}
      testIds={{ field: 'new-name', button: 'add', problem: 'name-problem' }}
      submit={addCounter}
    />
  )
}
