// Builds what changed: the packages with tsc, which knows by itself, and the page when its inputs differ.
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.ts'

const web = join(root, 'apps', 'web')
const stamp = join(root, '.cache', 'web-build')

const libraries = [
  'packages/core',
  'packages/storage',
  'packages/sync',
  'packages/client',
  'apps/peer',
]

const pageInputs = [
  'apps/web/{src,public}/**/*',
  'apps/web/{index.html,vite.config.ts,package.json}',
  'packages/{core,storage,sync}/src/**/*',
  'packages/{core,storage,sync}/package.json',
  'pnpm-lock.yaml',
]

function pageFingerprint(): string {
  const hash = createHash('sha256')
  const files = globSync(pageInputs, { cwd: root })
    .filter((file) => !/\.test\.tsx?$/.test(file) && statSync(join(root, file)).isFile())
    .toSorted()
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function pageIsBuilt(wanted: string): boolean {
  return (
    existsSync(join(web, 'dist', 'index.html')) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === wanted
  )
}

/** Builds the page alone, if its inputs have changed. True when it is built. */
export async function buildPage(): Promise<boolean> {
  const wanted = pageFingerprint()
  if (pageIsBuilt(wanted)) return true
  const built = await run(
    join(web, 'node_modules', '.bin', 'vite'),
    ['build', '--logLevel', 'warn'],
    // Tests build it too, and vitest's own NODE_ENV would make it a page for developers.
    { cwd: web, env: { NODE_ENV: 'production' } },
  )
  if (built) {
    mkdirSync(join(root, '.cache'), { recursive: true })
    writeFileSync(stamp, wanted)
  }
  return built
}

/** True when everything is built. */
export async function build(): Promise<boolean> {
  return (await run('tsc', ['-b', ...libraries])) && (await buildPage())
}

if (import.meta.main) process.exitCode = (await build()) ? 0 : 1
