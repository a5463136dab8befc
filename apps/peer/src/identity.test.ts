import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadOrCreateIdentity } from './identity.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallymesh-identity-'))
  file = join(folder, 'identity.key')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('is made on first use, for its owner only, and stays', async () => {
  const made = await loadOrCreateIdentity(file)
  expect(made.peerId).toMatch(/^12D3KooW/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await loadOrCreateIdentity(file)).toEqual(made)
  expect(readdirSync(folder)).toEqual(['identity.key'])
})

test('processes that start together on a new folder get one identity', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateIdentity(file)))
  expect(new Set(made.map(({ peerId }) => peerId)).size).toBe(1)
  expect(readdirSync(folder)).toEqual(['identity.key'])
})

test('a damaged file is an error that names it, and is left as it is', async () => {
  writeFileSync(file, 'no key')
  await expect(loadOrCreateIdentity(file)).rejects.toThrow(file)
  expect(readFileSync(file, 'utf8')).toBe('no key')
})

test('a file that its group may read is told of, and one that everyone may read is refused', async () => {
  await loadOrCreateIdentity(file)
  chmodSync(file, 0o640)
  expect((await loadOrCreateIdentity(file)).exposed).toBe(true)
  chmodSync(file, 0o604)
  await expect(loadOrCreateIdentity(file)).rejects.toThrow(/mode 0604.*chmod 600/)
})
