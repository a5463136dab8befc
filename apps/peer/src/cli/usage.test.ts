// What is refused before anything is done: exit code 2, and words that say why.
import { expect, test } from 'vitest'
import { createIo, runCli } from './io.fake.ts'
import { run } from './program.ts'

const ID = '12D3KooWGTjK9CJvHz1UuZVTbbV9qAZ49YkNEpAnt1LMDfabuLka'
const OTHER = '12D3KooWFpUGMq7rqaZPS3xrAkXFgykaW8o28aWtjciEKJcgh6Fw'

test.each([
  [[], /Usage: tallymesh/],
  [['count'], /unknown command/],
  [['get'], /missing required argument/],
  [['get', 'a', 'b'], /too many arguments/],
  [['get', ''], /1 to 512/],
  [['get', 'a'.repeat(513)], /1 to 512/],
  [['get', 'a', '--consistency', 'most'], /local, quorum, all/],
  [['get', 'a', '--timeout', '0'], /1 to 60000/],
  [['get', 'a', '--timeout', '1e3'], /1 to 60000/],
  [['get', 'a', '--url', 'localhost'], /such as http/],
  [['get', 'a', '--url', 'http://u:p@127.0.0.1'], /no password/],
  [['get', 'a', '--retries', '-1'], /0 to 1000/],
  [['get', 'a', '--colour'], /unknown option/],
  [['increment', 'a', '1.5'], /decimal integer/],
  [['increment', 'a', '-1.5'], /decimal integer/],
  [['increment', 'a', 'abc'], /decimal integer/],
  [['increment', 'a', '+5'], /decimal integer/],
  [['increment', 'a', '007'], /decimal integer/],
  [['increment', 'a', ''], /decimal integer/],
  [['increment', 'a', '1e3'], /decimal integer/],
  [['increment', 'a', '9'.repeat(309)], /1,?024 bits/],
  [['increment', 'a', '1', '--request-id', ''], /1 to 128/],
  [['increment', 'a', '1', '--ack', 'some'], /local, quorum, all/],
  [['list', '--limit', '0'], /1 to 1000/],
  [['list', '--limit', '1001'], /1 to 1000/],
  [['peer', '--http', '0.0.0.0:8390'], /beyond loopback.*--token FILE/],
  [['peer', '--http', 'counters.example:0'], /beyond loopback/],
  [['peer', '--cors', '*'], /no \*/],
  [['peer', '--cors', 'https://shop.example/path'], /no path/],
  [['peer', '--cors', 'javascript:alert(1)'], /origin of a page/],
  [['peer', '--allow-host', 'counters.example:80'], /without a port/],
  [['peer', '--listen', '/ip4/0.0.0.0/tcp/0'], /--psk FILE[^]*--allow PEERID[^]*--open/],
  [['peer', '--open', '--psk', 'x'], /leave one of them out/],
  [['peer', '--open', '--allow', ID], /leave one of them out/],
  [['peer', '--allow', ID, '--peer', `/ip4/127.0.0.1/tcp/1/p2p/${OTHER}`], /add --allow 12D3/],
  [['key', 'new'], /missing required argument/],
  [['peer', '--http', '8390'], /HOST:PORT/],
  [['peer', '--http', '127.0.0.1:65536'], /HOST:PORT/],
  [['peer', '--peer', 'localhost:9390'], /multiaddr/],
  [['peer', '--member', 'me'], /peer id/],
  [['peer', '--namespace', 'a b'], /A-Z a-z 0-9/],
  [['peer', '--log-level', 'loud'], /warn/],
])('%j is bad usage', async (args, words) => {
  const { code, out, notes } = await runCli(...args)
  expect(code).toBe(2)
  expect(out).toBe('')
  expect(notes).toMatch(words)
})

test.each([
  'peer',
  'id',
  'key',
  'increment',
  'get',
  'list',
  'watch',
  'status',
  'export',
  'import',
  'complete',
])('%s --help teaches by examples', async (command) => {
  const { code, out } = await runCli(command, '--help')
  expect(code).toBe(0)
  expect(out).toContain(`$ tallymesh ${command}`)
  expect(out).toMatch(/default|env|-h, --help/)
})

test('help and version are done work', async () => {
  expect((await runCli('--help')).code).toBe(0)
  expect((await runCli('help', 'get')).code).toBe(0)
  expect(await runCli('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\./) })
})

test('the default data folder follows XDG, and absolute paths only', async () => {
  const help = async (env: NodeJS.ProcessEnv): Promise<string> => {
    const io = createIo(env)
    await run(['id', '--help'], io)
    return io.outs.join('').replace(/\s+/g, ' ')
  }
  expect(await help({ XDG_DATA_HOME: '/x' })).toContain('"/x/tallymesh"')
  expect(await help({ XDG_DATA_HOME: 'x' })).toMatch(/\.local\/share\/tallymesh/)
})
