// Installs what is missing. Runs before anything is installed, so: plain JavaScript, Node 20, no packages.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { pnpm } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).config
const stamp = join(root, 'node_modules', '.bootstrap-stamp')

function manifests() {
  const folders = ['packages', 'apps', 'examples']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
  return ['.', 'docs', 'test', 'bench', ...folders.toSorted()]
    .map((folder) => join(root, folder, 'package.json'))
    .filter((file) => existsSync(file))
}

function fingerprint() {
  const hash = createHash('sha256').update(`${pnpm} ${process.platform} ${process.arch}\n`)
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(root, name))
  for (const file of [...files, ...manifests()]) {
    hash.update(`${file.slice(root.length)}\n`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

function upToDate(wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
}

function install() {
  console.error('Installing packages…')
  const { status, error } = spawnSync('npx', ['--yes', pnpm, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, CI: 'true' },
  })
  if (status !== 0) {
    console.error(
      `The packages could not be installed (${error?.message ?? `pnpm ended with ${status}`}).`,
    )
    console.error('This needs npm and a reachable npm registry.')
    process.exit(1)
  }
}

/** The scripts are TypeScript that Node runs as it is, which it does without a flag since 22.18. */
function checkNode() {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const { stdout } = spawnSync('node', ['-p', 'process.versions.node'], {
    env: { ...process.env, PATH: path },
    encoding: 'utf8',
  })
  const [major = 0, minor = 0] = (stdout ?? '').trim().split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  console.error(
    `Node ${process.versions.node} is too old to work on Tallymesh, and no newer one could be`,
  )
  console.error(
    'installed for this system (that is done for Linux on x64 and arm64). Install Node 24 from nodejs.org.',
  )
  process.exit(1)
}

const wanted = fingerprint()
if (!upToDate(wanted)) {
  install()
  checkNode()
  writeFileSync(stamp, wanted)
}
