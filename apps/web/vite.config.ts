// How the page is bundled. The workspace packages are taken from their sources.
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

/** More than a phone on a bad network should have to wait for, gzipped. */
const scriptBudgetBytes = 250 * 1024

const worker = 'service-worker'

type OutputChunk = Extract<Bundle[string], { type: 'chunk' }>

type Bundle = Parameters<Extract<NonNullable<Plugin['generateBundle']>, Function>>[1]

const contentOf = (file: Bundle[string]): string | Uint8Array =>
  file.type === 'chunk' ? file.code : file.source

/** Tells the service worker which files make up the page, and a name for just this set of them. */
function fillInShell(): Plugin {
  const publicFiles = readdirSync(join(import.meta.dirname, 'public'))
  return {
    name: 'tallymesh:shell',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle): void {
        const files = Object.entries(bundle).filter(([name]) => name !== `${worker}.js`)
        const hash = createHash('sha256')
        for (const [name, file] of files) hash.update(`${name}\n`).update(contentOf(file))
        const shell = [...files.map(([name]) => name), ...publicFiles].filter(
          (name) => name !== 'index.html',
        )
        const script = bundle[`${worker}.js`]
        if (script?.type !== 'chunk') throw new Error('The service worker was not built.')
        if (script.imports.length > 0) throw new Error('The service worker must import nothing.')
        script.code = script.code
          .replaceAll('__BUILD__', JSON.stringify(hash.digest('hex').slice(0, 16)))
          .replaceAll('__SHELL__', JSON.stringify(shell))
      },
    },
  }
}

/** Loaded only when somebody looks at what they draw. */
const drawnLater = /\/src\/(plot\/value-plot|network\/network-picture)\.tsx$/

/** The chunks that every visit loads: the entry's, and what it imports, but for what is drawn later. */
function initialChunks(bundle: Bundle): OutputChunk[] {
  const found = new Map<string, OutputChunk>()
  const visit = (name: string): void => {
    const file = bundle[name]
    if (file?.type !== 'chunk' || found.has(name)) return
    if (drawnLater.test(file.facadeModuleId ?? '')) return
    found.set(name, file)
    for (const next of [...file.imports, ...file.dynamicImports]) visit(next)
  }
  for (const file of Object.values(bundle))
    if (file.type === 'chunk' && file.isEntry && file.name !== worker) visit(file.fileName)
  return [...found.values()]
}

/** Fails the build where the scripts outgrow their budget, or a module of Node's got in. */
function checkScripts(): Plugin {
  return {
    name: 'tallymesh:scripts',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle): void {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
        const alien = chunks
          .flatMap((chunk) => chunk.moduleIds)
          .filter((id) =>
            /__vite-browser-external|node_modules\/(buffer|process|events)\//.test(id),
          )
        if (alien.length > 0) throw new Error(`Not for a browser: ${alien.join(', ')}`)
        const initial = initialChunks(bundle)
        const total = initial.reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0)
        const kilobytes = (total / 1024).toFixed(0)
        this.info(`first scripts: ${kilobytes} KB gzipped in ${initial.length} files`)
        if (total > scriptBudgetBytes)
          throw new Error(`The first scripts are ${kilobytes} KB gzipped.`)
      },
    },
  }
}

export default defineConfig({
  base: './',
  resolve: { conditions: ['@tallymesh/source', ...defaultClientConditions] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [fillInShell(), checkScripts()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // libp2p is most of the page and needed from the start: splitting it off would save nothing.
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      input: { index: 'index.html', [worker]: `src/${worker}.ts` },
      output: {
        // A service worker goes by one name for ever: that is how browsers find a newer one.
        entryFileNames: ({ name }) => (name === worker ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
})
