// docs/operations.md keeps up with the code: every error code, and every option that it names.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createIo } from '../apps/peer/src/cli/io.fake.ts'
import { run } from '../apps/peer/src/cli/program.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs', 'operations.md'), 'utf8')

/** Codes as the sources write them, libraries' own left out: those are parts of longer names there. */
const codesInSources = (): string[] => {
  const files = globSync(['packages/*/src/**/*.ts', 'apps/peer/src/**/*.ts'], { cwd: root })
  const codes = files
    .filter((file) => !/\.(test|fake)\.ts$|\/testing\//.test(file))
    .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/'(ERR_[A-Z_]+)'/g)])
    .map(([, code]) => code!)
  return [...new Set(codes)].toSorted()
}

test('the page explains every error code, and none that there is not', () => {
  const explained = [...page.matchAll(/^\| `(ERR_[A-Z_]+)` \|/gm)].map(([, code]) => code)
  expect(explained).toEqual(codesInSources())
})

test('every option that the page names is one', async () => {
  const io = createIo()
  const commands = ['peer', 'id', 'list', 'watch', 'status', 'export', 'import', 'increment', 'get']
  for (const command of commands) await run([command, '--help'], io)
  const known = new Set(io.outs.join('\n').match(/--[a-z-]+/g))
  const named = page
    .split('\n')
    .filter((line) => !line.includes('NODE_OPTIONS'))
    .join('\n')
    .match(/--[a-z][a-z-]+/g)
  expect([...new Set(named)].filter((option) => !known.has(option))).toEqual([])
})
