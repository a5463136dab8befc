// Two looks at the same counters, and a switch that takes one of them away.
import type { CounterService } from '@tallymesh/sync'
import { useState } from 'preact/hooks'
import { useCounter } from './use-counter.ts'

interface Props {
  readonly service: CounterService
  readonly name: string
}

const Buttons = ({ service, name }: Props) => {
  const { value, increment } = useCounter(service, name)
  return (
    <p>
      <button onClick={() => void increment(-1)}>−</button>
      <output>{String(value)}</output>
      <button onClick={() => void increment()}>+</button>
    </p>
  )
}

const Sentence = ({ service, name }: Props) => (
  <p id="sentence">{`${useCounter(service, name).value} ${name}`}</p>
)

export const App = ({ service }: { readonly service: CounterService }) => {
  const [name, setName] = useState('apples')
  return (
    <main>
      <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
        <option>apples</option>
        <option>pears</option>
      </select>
      <Buttons service={service} name={name} />
      <Sentence service={service} name={name} />
    </main>
  )
}
