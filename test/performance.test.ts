// docs/performance.md tells what the last run of each bench has left, and nothing else.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { OVERVIEW } from '../bench/overview/rows.ts'
import { readResult } from '../bench/overview/results.ts'
import { makeReport } from '../bench/report/make.ts'
import { IMAGES } from '../bench/report/page.ts'
import { WHY } from '../bench/report/words.ts'
import { root } from './support/peer-process.ts'

const docs = join(root, 'docs')

test('docs/performance.md is made of bench/results; `pnpm docs:performance` makes it anew', async () => {
  const made = await makeReport()
  const there: Record<string, string> = {}
  for (const path of Object.keys(made)) there[path] = await readFile(join(docs, path), 'utf8')
  expect(there).toEqual(made)
  const images = (await readdir(join(docs, IMAGES))).map((name) => `${IMAGES}/${name}`)
  expect(['performance.md', ...images].toSorted()).toEqual(Object.keys(made).toSorted())
})

test.for(OVERVIEW)('$work: its targets are measured by its bench', ({ bench, targets }) => {
  const result = readResult(bench)
  if (result === undefined) return
  expect(result.targets.map(({ name }) => name)).toEqual(expect.arrayContaining([...targets]))
})

test('what is said of targets that are missed is about such as there are', () => {
  const works = OVERVIEW.map(({ work }) => work)
  expect(works).toEqual(expect.arrayContaining(Object.keys(WHY)))
})
