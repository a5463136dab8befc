import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('ballots that two stations counted apart count once when they meet', async () => {
  const program = join(import.meta.dirname, 'votes.ts')
  const args = ['--conditions=@tallymesh/source', program]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const result = '{"yes":40,"no":20}'
  expect(stdout.trim().split('\n')).toEqual([
    'alone: {"yes":2,"no":20} {"yes":20,"no":2} {"yes":22,"no":0}',
    `together: ${result} ${result} ${result}`,
    'ballot 7 once more is counted: false',
  ])
})
