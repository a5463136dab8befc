// What is published, as it would be: packed by pnpm, which puts versions in place of workspace: and catalog:.
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.ts'

/** Where the packed packages are put. */
const packedFolder = join(root, '.cache', 'packed')

const { config } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  config: { pnpm: string }
}

const PUBLISHED = ['./packages/*', 'tallymesh', '@tallymesh/web']

/** Packs what is built. The paths of the packages, or undefined where that failed. */
export async function pack(folder: string = packedFolder): Promise<readonly string[] | undefined> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const filters = PUBLISHED.flatMap((name) => ['--filter', name])
  const args = [...filters, '--silent', 'pack', '--pack-destination', folder]
  if (!(await run('npx', ['--yes', config.pnpm, '--recursive', ...args]))) return undefined
  return globSync('*.tgz', { cwd: folder }).map((name) => join(folder, name))
}

/** True when those who install the packages will find what their manifests say, types included. */
export async function checkPackages(): Promise<boolean> {
  const packed = await pack()
  if (packed === undefined) return false
  let isGood = true
  for (const file of packed) {
    isGood = (await run('publint', ['--strict', file])) && isGood
    // The page has no types, and no one imports it.
    if (file.includes('tallymesh-web')) continue
    isGood = (await run('attw', ['--profile', 'esm-only', '--quiet', file])) && isGood
  }
  return isGood
}
