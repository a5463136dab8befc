import { describe, test } from 'vitest'
import { storeConformance } from './conformance.ts'
import { MemoryStore } from './memory.ts'

describe('MemoryStore', () => {
  const suite = storeConformance({ create: () => new MemoryStore() })
  test.each(suite)('$name', ({ run }) => run())
})
