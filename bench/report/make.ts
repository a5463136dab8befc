// `pnpm docs:performance`: docs/performance.md and its plots, from bench/results.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IMAGES, makePage } from './page.ts'
import { draw } from './plot.ts'
import { PLOTS } from './plots.ts'

/** The page and its plots, by their paths in `docs`. */
export const makeReport = async (): Promise<Record<string, string>> => {
  const files: Record<string, string> = { 'performance.md': makePage() }
  for (const { name, spec, rows } of PLOTS)
    files[`${IMAGES}/${name}.svg`] = await draw(spec, rows())
  return files
}

if (import.meta.main) {
  const docs = join(import.meta.dirname, '..', '..', 'docs')
  await rm(join(docs, IMAGES), { recursive: true, force: true })
  for (const [path, text] of Object.entries(await makeReport())) {
    await mkdir(dirname(join(docs, path)), { recursive: true })
    await writeFile(join(docs, path), text)
  }
}
