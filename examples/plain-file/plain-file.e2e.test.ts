import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallymesh-file-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const count = async (...words: string[]): Promise<string> => {
  const program = join(import.meta.dirname, 'count.ts')
  const args = ['--conditions=@tallymesh/source', program, ...words]
  return (await promisify(execFile)(process.execPath, args, { cwd: folder })).stdout
}

test('two people count, each in a file of their own, and merge them both ways, twice', async () => {
  await count('anna.tally', 'anna', 'add', 'herons', '3')
  await count('ben.tally', 'ben', 'add', 'herons')
  await count('ben.tally', 'ben', 'add', 'storks', '99999999999999999999')
  await copyFile(join(folder, 'anna.tally'), join(folder, 'mail.tally'))
  await count('anna.tally', 'anna', 'add', 'herons', '-1')
  for (let time = 0; time < 2; time++) {
    await count('ben.tally', 'ben', 'merge', 'mail.tally')
    expect(await count('anna.tally', 'anna', 'merge', 'ben.tally')).toBe(
      'herons 3\nstorks 99999999999999999999\n',
    )
  }
  await count('ben.tally', 'ben', 'merge', 'anna.tally')
  expect(await count('ben.tally', 'ben', 'show')).toBe('herons 3\nstorks 99999999999999999999\n')
})

test('a damaged file is refused, and stays as it is', async () => {
  await writeFile(join(folder, 'odd.tally'), 'not a counter')
  await expect(count('odd.tally', 'odd', 'add', 'herons')).rejects.toThrow('ERR_MALFORMED')
})
