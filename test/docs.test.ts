// What the documents point to is there: links, their anchors, and the files that are named.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './support/peer-process.ts'

const exclude = (path: string): boolean => /node_modules|dist$|^\.|docs\/api/.test(path)
const pages = globSync('**/*.md', { cwd: root, exclude })
const sources = globSync('**/*.{ts,tsx,mjs,json}', { cwd: root, exclude })
const names = new Set(sources.map((path) => basename(path)))

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

/** As GitHub makes them. */
const anchors = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

const isThere = (page: string, target: string): boolean => {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, file))) return false
  return anchor === undefined || anchors(file).includes(anchor)
}

/** `core/src/join.ts` is in `packages/`; `join.ts` and `session.test.ts` are somewhere. */
const isFile = (path: string): boolean => {
  if (!path.includes('/')) return names.has(path)
  return ['', 'packages', 'apps', 'apps/peer/src', 'apps/web/src'].some((place) =>
    existsSync(join(root, place, path)),
  )
}

test.for(pages)('%s', (page) => {
  const text = textOf(page).replaceAll(/^```.*?^```$/gms, '')
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  const dead = links.filter((target) => !/^[a-z]+:/.test(target) && !isThere(page, target))
  expect(dead).toEqual([])
  const files = [...text.matchAll(/`([\w./-]+\.(?:ts|tsx|mjs))`/g)].map(([, path = '']) => path)
  expect(files.filter((path) => !isFile(path) && !isThere(page, path))).toEqual([])
})
