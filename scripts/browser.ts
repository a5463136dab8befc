// Finds the Chromium that the end-to-end tests drive, and installs Debian's where that is possible.
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { run } from './run.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

export const noBrowser: string = [
  'No Chromium was found, and the end-to-end tests need one: they fail without it.',
  'Install Chromium or Chrome (on Debian, as root: apt-get install chromium),',
  'or name one in the environment variable TALLYMESH_CHROMIUM.',
].join('\n')

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of a Chromium on this machine, if there is one. TALLYMESH_CHROMIUM goes before all others. */
export function findBrowser(): string | undefined {
  const named = process.env['TALLYMESH_CHROMIUM']
  if (named) return isAbsolute(named) && isExecutable(named) ? named : undefined
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)]
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
}

/** For tests: the path of a Chromium, or an error that says what to do. Never a reason to skip. */
export function requireBrowser(): string {
  const path = findBrowser()
  if (path === undefined) throw new Error(noBrowser)
  return path
}

async function installBrowser(): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return
  console.log('Installing Chromium for the end-to-end tests…')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['-q', 'update'], { env })
  await run('apt-get', ['-q', '-y', '--no-install-recommends', 'install', 'chromium'], { env })
}

/** Like findBrowser, but tries to install one first where there is none. */
export async function ensureBrowser(): Promise<string | undefined> {
  const present = findBrowser()
  if (present !== undefined || process.env['TALLYMESH_CHROMIUM']) return present
  await installBrowser()
  return findBrowser()
}

if (import.meta.main) {
  const path = await ensureBrowser()
  console.log(path ?? noBrowser)
  process.exitCode = path === undefined ? 1 : 0
}
