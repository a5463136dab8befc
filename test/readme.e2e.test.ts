// What the README says, done: its commands give the answers that stand below them, and its programs run.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { identityFile } from '../apps/peer/src/data-folder.ts'
import { loadOrCreateIdentity } from '../apps/peer/src/identity.ts'
import { blocks, commandsIn, likeness, saidBy } from './support/markdown.ts'
import { PeerProcess, root } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')

test('the commands give the answers that stand below them', async () => {
  await using data = await temporaryFolder()
  // As `npm start` runs it: its own only member.
  const { peerId } = await loadOrCreateIdentity(identityFile(data.path))
  await using peer = await PeerProcess.start({ data: data.path, args: ['--member', peerId] })
  const env = { ...process.env, TALLYMESH_URL: peer.http, TALLYMESH_SOURCE: '1' }
  const commands = blocks(readme, 'console').flatMap(commandsIn)
  expect(commands.length).toBeGreaterThan(10)
  for (const { line, answer } of commands) {
    const [own, likely] = [line, answer].map((text) =>
      text
        .replace('http://127.0.0.1:8390', peer.http)
        .replace('counters.ndjson', join(data.path, 'counters.ndjson')),
    ) as [string, string]
    const { stdout } = await promisify(execFile)('sh', ['-c', own], { cwd: root, env })
    expect([line, stdout.trim()]).toEqual([line, expect.stringMatching(likeness(likely))])
  }
})

const programs = ['README.md', 'docs/scaling.md'].flatMap((page) =>
  blocks(readFileSync(join(root, page), 'utf8'), 'ts').map((program, at) => ({
    page,
    number: at + 1,
    program,
  })),
)

test.for(programs)('program $number of $page prints what it says', async ({ program }) => {
  await using data = await temporaryFolder()
  const own = program.replace(/(['`])\.\/counters/, `$1${join(data.path, 'counters')}`)
  const args = ['--conditions=@tallymesh/source', '--input-type=module-typescript', '--eval', own]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    // Where the packages that it imports are installed.
    cwd: join(root, 'test'),
  })
  const said = saidBy(program)
  expect(said.length).toBeGreaterThan(0)
  expect(stdout.trim().split('\n')).toEqual(said)
})
