// The web page, served by the peer that it then talks to.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** Where the built page is, or undefined where it has not been built. */
export const findPage = (): string | undefined => {
  const manifest = fileURLToPath(import.meta.resolve('@tallymesh/web/package.json'))
  const folder = join(dirname(manifest), 'dist')
  return existsSync(join(folder, 'index.html')) ? folder : undefined
}

const NOT_BUILT = `<!doctype html>
<meta charset="utf-8">
<title>Tallymesh</title>
<h1>The page is not built</h1>
<p>This peer runs, and its API answers under <a href="/v1/status">/v1</a>.
To get the page, run <code>npm run build</code> in the checkout, then start the peer again.</p>
`

/** Not to be framed: a click on + in a frame of another page would count here. */
const PAGE_HEADERS = {
  'content-security-policy': "frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const

const addMissingPage = (app: FastifyInstance): void => {
  app.get('/', { schema: { hide: true } }, (_request, reply) =>
    reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT),
  )
}

export const addPage = async (app: FastifyInstance, folder: string | undefined): Promise<void> => {
  if (folder === undefined) return addMissingPage(app)
  const assets = join(folder, 'assets')
  await app.register(fastifyStatic, {
    root: folder,
    schemaHide: true,
    cacheControl: false,
    // A route for each file that is there now, and nothing else to be tricked into.
    wildcard: false,
    setHeaders: (reply, path) => {
      void reply.headers(PAGE_HEADERS)
      // Vite names assets by their content.
      const fixed = path.startsWith(assets)
      void reply.header('cache-control', fixed ? 'max-age=31536000, immutable' : 'no-cache')
    },
  })
}
