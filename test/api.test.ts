// The public names, as docs/api shows them and as programs were promised them.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { API_FOLDER, writeApi } from '../docs/api.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const pages = async (folder: string): Promise<Record<string, string>> => {
  const names = (await readdir(folder)).toSorted()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return Object.fromEntries(names.map((name, i) => [name, texts[i]!]))
}

test('docs/api shows the public names as they are; `pnpm docs:api` writes it anew', async () => {
  await using made = await temporaryFolder()
  await writeApi(join(made.path, 'api'))
  expect(await pages(API_FOLDER)).toEqual(await pages(join(made.path, 'api')))
})
