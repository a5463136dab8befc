// How tests run: on the sources, with no build; the slow ones that start processes one file at a time.
import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

const conditions = ['@tallymesh/source', ...defaultServerConditions]
const endToEnd = ['test/**/*.e2e.test.ts', 'examples/**/*.e2e.test.ts']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['@tallymesh/source', 'node'] } },
  test: {
    pool: 'forks',
    execArgv: ['--conditions=@tallymesh/source'],
    // What is awaited comes, on a machine that does other things as well; a second is no limit for that.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.{ts,tsx}',
            'test/**/*.test.ts',
            'examples/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', ...endToEnd],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: endToEnd,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
