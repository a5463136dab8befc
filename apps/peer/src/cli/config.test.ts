// The config file and the environment: what goes before what, and what is refused.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { applyConfig, checkSwitches, configOption } from './config.ts'
import { runCli } from './io.fake.ts'
import { repeated, wholeNumber } from './options.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallymesh-config-'))
  file = join(folder, 'config.json')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** What a command with one option of each kind is given. */
const given = (config: unknown, ...args: string[]): unknown => {
  if (config !== undefined) writeFileSync(file, JSON.stringify(config))
  let got: unknown
  const program = new Command().exitOverride()
  const command = program.command('run').exitOverride()
  command
    .addOption(configOption())
    .addOption(new Option('--data <dir>').env('T_DATA').default(folder))
    .addOption(new Option('--name <name>').env('T_NAME').default('none'))
    .addOption(new Option('--level <level>').env('T_LEVEL').choices(['low', 'high']))
    .addOption(new Option('--count <n>').env('T_COUNT').argParser(wholeNumber(1, 9)))
    .addOption(
      new Option('--url <url>', 'of it (repeat for more)')
        .env('T_URL')
        .argParser(repeated((text) => text)),
    )
    .addOption(new Option('--open').env('T_OPEN'))
    .addOption(new Option('--once'))
    .addOption(new Option('--restored').env('T_RESTORED'))
    .action(({ config: _config, data: _data, ...rest }: Record<string, unknown>) => {
      got = rest
    })
  program.command('other').addOption(new Option('--elsewhere <x>').env('T_ELSEWHERE'))
  program.hook('preAction', (_, actionCommand) => {
    checkSwitches(actionCommand, process.env)
    applyConfig(program, actionCommand)
  })
  program.parse(['run', ...args], { from: 'user' })
  return got
}

test('is taken from the data folder, or where it is named; and may be missing there', () => {
  expect(given({ name: 'file' })).toEqual({ name: 'file' })
  rmSync(file)
  expect(given(undefined)).toEqual({ name: 'none' })
  expect(() => given(undefined, '--config', file)).toThrow(/config\.json: there is no such file/)
  writeFileSync(join(folder, 'mine.json'), '{"count":3}')
  expect(given(undefined, '--config', join(folder, 'mine.json'))).toEqual({
    name: 'none',
    count: 3,
  })
})

test('the command line goes before the environment, that before the file, that before defaults', () => {
  const config = { name: 'file', url: ['a', 'b'], count: 2, level: 'low', open: true }
  expect(given(config)).toEqual(config)
  vi.stubEnv('T_NAME', 'env')
  vi.stubEnv('T_URL', 'c,d')
  expect(given(config)).toEqual({ ...config, name: 'env', url: ['c', 'd'] })
  expect(given(config, '--name', 'line', '--url', 'e')).toEqual({
    ...config,
    name: 'line',
    url: ['e'],
  })
})

test('what belongs to another command is left to that', () => {
  expect(given({ elsewhere: 'x', url: 'one' })).toEqual({ name: 'none', url: ['one'] })
})

test.each([
  [
    { nmae: 'x' },
    /"nmae" is no option that it may have; it may have count, data, elsewhere, level, name/,
  ],
  [{ once: true }, /"once" is no option/],
  [{ restored: true }, /"restored" is no option/],
  [{ config: 'x' }, /"config" is no option/],
  [{ __proto__x: 1 }, /is no option/],
  [{ count: 10 }, /"count": it is a whole number from 1 to 9/],
  [{ level: 'middle' }, /"level":.*low, high/],
  [{ open: 'yes' }, /"open": it is true or false/],
  [{ name: ['a', 'b'] }, /"name": it is one, and no list/],
  [{ name: { a: 1 } }, /"name": it is a string/],
  [[1], /no(t a)? JSON object/],
  ['text', /not a JSON object/],
])('refuses %j', (config, words) => {
  expect(() => given(config)).toThrow(words)
})

test('refuses what is not JSON, with the file’s name', () => {
  writeFileSync(file, '{"name": }')
  expect(() => given(undefined)).toThrow(/config\.json: it is not JSON/)
})

test('a variable of a switch that says no is no', () => {
  for (const no of ['0', 'false', 'no', 'off', '']) {
    vi.stubEnv('T_OPEN', no)
    expect(given({})).toEqual({ name: 'none' })
  }
  for (const yes of ['1', 'true', 'YES', 'on']) {
    vi.stubEnv('T_OPEN', yes)
    expect(given({})).toEqual({ name: 'none', open: true })
  }
  vi.stubEnv('T_OPEN', 'maybe')
  expect(() => given({})).toThrow(/T_OPEN is 1 or 0/)
})

test('commands go by it, and a bad one is bad usage', async () => {
  writeFileSync(file, '{"url": "http://127.0.0.1:9", "retries": 0}')
  const ran = await runCli('get', 'a', '--config', file)
  expect(ran).toMatchObject({ code: 1, notes: expect.stringContaining('http://127.0.0.1:9') })
  writeFileSync(file, '{"ulr": "http://127.0.0.1:9"}')
  expect(await runCli('get', 'a', '--config', file)).toMatchObject({
    code: 2,
    notes: expect.stringMatching(/config\.json: "ulr" is no option/),
  })
})
