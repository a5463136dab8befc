// A counter of a replica as a hook. In React, the first import is from 'react', and nothing else differs.
import { useCallback, useSyncExternalStore } from 'preact/compat'
import type { CounterChange, CounterService } from '@tallymesh/sync'

export interface UsedCounter {
  readonly value: bigint
  /** Resolves when it is on the disk; the component shows it by then. */
  readonly increment: (amount?: number | bigint) => Promise<void>
}

/** The value of `key` as it stands, and again whenever it moves, wherever that came from. */
export const useCounter = (service: CounterService, key: string): UsedCounter => {
  const subscribe = useCallback(
    (changed: () => void) => {
      const look = ({ detail }: CustomEvent<CounterChange>): void => {
        if (detail.key === key) changed()
      }
      service.addEventListener('change', look)
      return () => service.removeEventListener('change', look)
    },
    [service, key],
  )
  const value = useSyncExternalStore(subscribe, () => service.getValue(key))
  const increment = useCallback(
    async (amount: number | bigint = 1) => {
      await service.increment(key, amount)
    },
    [service, key],
  )
  return { value, increment }
}
