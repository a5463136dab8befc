// `pnpm bench [NAME…] [--quick]`: each script of this folder in a process of its own, with a heap of its own.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { overview } from './overview/results.ts'
import { formatTable } from './runner/table.ts'

const FLAGS = ['--conditions=@tallymesh/source', '--expose-gc', '--max-old-space-size=6144']

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'cli.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .toSorted()

const HELP = `pnpm bench [NAME…] [--quick]

Measures, prints tables with targets met or not, and writes bench/results/NAME.json.

With no NAME, it ends with the targets that the whole was built to, each with the figure of today.

  NAME      ${names.join(', ')}; all of them if left out
  --quick   small sizes and few rounds; writes nothing
`

const run = (name: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const script = join(import.meta.dirname, `${name}.ts`)
    const child = spawn(process.execPath, [...FLAGS, script, ...args], { stdio: 'inherit' })
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })

const readCommand = () => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    const unknown = positionals.find((name) => !names.includes(name))
    if (unknown !== undefined) throw new Error(`There is no bench "${unknown}".`)
    return { ...values, chosen: positionals.length === 0 ? names : positionals }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`)
    process.exit(2)
  }
}

const { chosen, quick = false, help = false } = readCommand()
if (help) console.log(HELP)
else {
  for (const name of chosen)
    if (!(await run(name, quick ? ['--quick'] : []))) {
      console.error(`${name} broke off`)
      process.exitCode = 1
    }
  // A quick run leaves nothing to look at.
  if (chosen === names && !quick)
    console.log(`\nWhat the whole was built to\n${formatTable(overview())}`)
}
