import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from './cli/io.fake.ts'
import { createPsk, readPsk } from './psk.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallymesh-psk-'))
  file = join(folder, 'cluster.key')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('is made for its owner only, and each is another', async () => {
  await createPsk(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const { bytes, groupMay } = await readPsk(file)
  expect(bytes.toString()).toMatch(/^\/key\/swarm\/psk\/1\.0\.0\/\n\/base16\/\n[0-9a-f]{64}$/)
  expect(groupMay).toBe(false)
  await createPsk(`${file}2`)
  expect(readFileSync(`${file}2`)).not.toEqual(bytes)
})

test('never takes the place of a file', async () => {
  writeFileSync(file, 'mine')
  await expect(createPsk(file)).rejects.toThrow(/cluster\.key: there is such a file already/)
  expect(readFileSync(file, 'utf8')).toBe('mine')
})

test('a file that is missing, open to all, or no key is refused with what to do', async () => {
  await expect(readPsk(file)).rejects.toThrow(/make one with "tallymesh key new .*cluster\.key"/)
  await createPsk(file)
  chmodSync(file, 0o640)
  expect((await readPsk(file)).groupMay).toBe(true)
  chmodSync(file, 0o644)
  await expect(readPsk(file)).rejects.toThrow(/every user.*mode 0644.*chmod 600/)
  writeFileSync(join(folder, 'no.key'), 'secret', { mode: 0o600 })
  await expect(readPsk(join(folder, 'no.key'))).rejects.toThrow(/no pre-shared key, such as/)
})

test('tallymesh key new prints the file, and tells programs and people of failure', async () => {
  expect(await runCli('key', 'new', file)).toMatchObject({ code: 0, out: file })
  const again = await runCli('key', 'new', file, '--json')
  expect(again).toMatchObject({ code: 1, out: '' })
  expect(JSON.parse(again.notes)).toEqual({
    detail: expect.stringMatching(/there is such a file already, and it stays as it is/),
  })
  expect(JSON.parse((await runCli('key', 'new', `${file}2`, '--json')).out)).toEqual({
    file: `${file}2`,
  })
})
