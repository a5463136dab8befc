// Types, lint, format, dependencies, packages: what can be said about the code without running it.
import { checkPackages } from './packages.ts'
import { run } from './run.ts'

/** Runs all of them on what is built, so that one run shows everything; true when nothing is wrong. */
export async function check(): Promise<boolean> {
  const types = await run('tsc', ['-b'])
  const lint = await run('oxlint', ['--format', process.env['CI'] ? 'stylish' : 'default'])
  const format = await run('oxfmt', ['--check'])
  const dependencies = await run('knip', [])
  const packages = await checkPackages()
  return types && lint && format && dependencies && packages
}

if (import.meta.main) process.exitCode = (await check()) ? 0 : 1
