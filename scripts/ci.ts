// Everything that `npm test` does after installing: browser, build, checks, tests, and one closing line.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBrowser, noBrowser } from './browser.ts'
import { build } from './build.ts'
import { check } from './check.ts'
import { root, run } from './run.ts'

interface Report {
  numPassedTests: number
  numFailedTests: number
  testResults: { status: string; assertionResults: { status: string }[] }[]
}

const reportFile = join(root, '.cache', 'test-report.json')

/** A file that fails before its first test counts as one failed test. */
function countFailed(report: Report): number {
  const brokenFiles = report.testResults.filter(
    (file) =>
      file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  )
  return report.numFailedTests + brokenFiles.length
}

function readReport(): Report | undefined {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8')) as Report
  } catch {
    return undefined
  }
}

async function runTests(
  filters: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<[number, number]> {
  rmSync(reportFile, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const succeeded = await run('vitest', ['run', ...reporters, ...filters], { env })
  const report = readReport()
  if (report === undefined) return [0, 1]
  const failed = countFailed(report)
  return [report.numPassedTests, succeeded ? failed : Math.max(failed, 1)]
}

async function ci(filters: readonly string[]): Promise<[passed: number, failed: number]> {
  const browser = await ensureBrowser()
  if (browser === undefined) console.error(noBrowser)
  if (!(await build()) || !(await check())) {
    console.error('The tests were not run: the build or the checks above failed.')
    return [0, 1]
  }
  return runTests(filters, browser === undefined ? {} : { TALLYMESH_CHROMIUM: browser })
}

const [passed, failed] = await ci(process.argv.slice(2))
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
