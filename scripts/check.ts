// Types of sources and tests, lint, format: what can be said about the code without running it.
import { run } from './run.ts'

/** Runs all of them, so that one run shows everything; true when nothing is wrong. */
export async function check(): Promise<boolean> {
  const types = await run('tsc', ['-b'])
  const lint = await run('oxlint', ['--format', process.env['CI'] ? 'stylish' : 'default'])
  const format = await run('oxfmt', ['--check'])
  return types && lint && format
}

if (import.meta.main) process.exitCode = (await check()) ? 0 : 1
