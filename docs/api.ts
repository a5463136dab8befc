// Writes docs/api from the docstrings of the packages' public names: `pnpm docs:api`.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Application, type Context, Converter, type TypeDocOptions } from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'

const root = join(import.meta.dirname, '..')

/** Where it stands in the checkout. */
export const API_FOLDER: string = join(import.meta.dirname, 'api')

/** What programs import, and where its public names are listed. */
const MODULES: Readonly<Record<string, string>> = {
  core: 'core/src/index.ts',
  sync: 'sync/src/index.ts',
  storage: 'storage/src/index.ts',
  'storage/memory': 'storage/src/memory.ts',
  'storage/node': 'storage/src/node.ts',
  'storage/browser': 'storage/src/browser.ts',
  'storage/conformance': 'storage/src/conformance.ts',
  client: 'client/src/index.ts',
}

/** Tables where there is much, code where there is little. */
const MARKDOWN: Partial<PluginOptions> = {
  outputFileStrategy: 'modules',
  flattenOutputFiles: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  tableColumnSettings: { hideSources: true },
}

const OPTIONS: TypeDocOptions & Partial<PluginOptions> = {
  name: 'API',
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: Object.values(MODULES).map((file) => join(root, 'packages', file)),
  basePath: join(root, 'packages'),
  tsconfig: join(import.meta.dirname, 'tsconfig.json'),
  readme: 'none',
  sort: ['source-order'],
  excludePrivate: true,
  excludeExternals: true,
  disableGit: true,
  sourceLinkTemplate: '../../packages/{path}',
  treatWarningsAsErrors: true,
  logLevel: 'Warn',
  ...MARKDOWN,
}

/** Writes a page for each module into `folder`, and nothing else is left there. */
export const writeApi = async (folder: string = API_FOLDER): Promise<void> => {
  const app = await Application.bootstrapWithPlugins({ ...OPTIONS, out: folder })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, nameModules)
  const project = await app.convert()
  if (project === undefined) throw new Error('the sources do not compile; see above')
  app.validate(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error('a docstring tells of what is not there; see above')
  await app.generateOutputs(project)
  for (const page of await readdir(folder)) await tidy(folder, page)
}

/** By what programs import, and not by where it is. */
const nameModules = ({ project }: Context): void => {
  for (const module of project.children ?? []) {
    const source = module.sources?.[0]?.fullFileName
    const found = Object.entries(MODULES).find(([, file]) => source?.endsWith(`packages/${file}`))
    if (found !== undefined) module.name = found[0]
  }
}

/** Names its file once for each name, without a line number: a page is to change with its words only. */
const tidy = async (folder: string, page: string): Promise<void> => {
  const text = await readFile(join(folder, page), 'utf8')
  const short = text
    .replaceAll(/^(Defined in: \[[^\]]+?):\d+\]/gm, '$1]')
    .replaceAll(/(?<!^### .+\n\n(?:```ts\n[^`]+```\n\n)?)^Defined in: .+\n\n?/gm, '')
  const made = '<!-- Made from the docstrings in packages/ by `pnpm docs:api`. -->\n\n'
  await writeFile(join(folder, page), made + short)
}

if (import.meta.main) await writeApi()
