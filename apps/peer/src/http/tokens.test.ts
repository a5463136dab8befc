import { chmod, writeFile } from 'node:fs/promises'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readTokens, Tokens } from './tokens.ts'

const [reader, writer] = ['r'.repeat(20), 'w-._~+/=='.padStart(20, 'w')]

test('tells what the holder of a token may do', () => {
  const tokens = Tokens.parse(`# ours\nread ${reader}\r\n\n  write\t${writer}  \n`)
  expect(tokens.scopeOf(reader)).toBe('read')
  expect(tokens.scopeOf(writer)).toBe('write')
  for (const unknown of ['', 'r', `${reader}r`, reader.slice(1), 'é', 'x'.repeat(100_000)])
    expect(tokens.scopeOf(unknown)).toBeUndefined()
})

test.each([
  ['', /has no token/],
  ['# none', /has no token/],
  [`admin ${reader}`, /^line 1 is none of it/],
  [`\nread ${reader} write`, /^line 2 is none of it/],
  ['read', /^line 1 is none/],
  [reader, /^line 1 is none/],
  ['write tooshort', /^line 1: a token has 16 to 512/],
  [`write ${'é'.repeat(20)}`, /^line 1: a token has/],
  [`read ${reader}\nwrite ${reader}`, /a token twice/],
])('refuses %j, and keeps it to itself', (text, words) => {
  const parse = (): unknown => Tokens.parse(text)
  expect(parse).toThrow(words)
  expect(parse).not.toThrow(/rrrr|tooshort/)
})

test('tells the file that is missing, or that others can read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallymesh-tokens-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'tokens')
  await expect(readTokens(file)).rejects.toThrow(`the token file ${file}: ENOENT`)
  await writeFile(file, `read ${reader}`, { mode: 0o600 })
  expect((await readTokens(file)).exposed).toBe(false)
  await chmod(file, 0o644)
  expect((await readTokens(file)).exposed).toBe(true)
})
