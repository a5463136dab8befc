// axe-core in the page: what keeps people with a screen reader, a keyboard or weak eyes from using it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'

interface Violation {
  readonly id: string
  readonly impact: string | null
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

interface Results {
  readonly violations: readonly Violation[]
  readonly passes: readonly unknown[]
}

declare const axe: { run(): Promise<Results> }

const source = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** What axe calls serious or critical, each with where it is and why. */
export async function findBarriers(page: Page): Promise<string[]> {
  // Text that is still fading in has no contrast to speak of.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((each) => each.finished.catch(() => undefined))),
  )
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(source)
  const { violations, passes } = await page.evaluate(() => axe.run())
  if (passes.length < 10) throw new Error(`axe looked at next to nothing: ${passes.length} rules.`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}\n${node.failureSummary}`))
}
