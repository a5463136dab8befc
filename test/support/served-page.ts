// A page that Vite builds and serves, as it would for the people who use it.
import { build, preview, type PreviewServer } from 'vite'
import { temporaryFolder } from './temporary-folder.ts'

export interface ServedPage extends AsyncDisposable {
  readonly url: string
}

/** Builds the page in `folder`, by the settings that it has there. */
export const servePage = async (folder: string): Promise<ServedPage> => {
  const place = await temporaryFolder()
  const output = { root: folder, mode: 'production', logLevel: 'error' } as const
  await build({ ...output, build: { outDir: place.path, emptyOutDir: true } })
  const server: PreviewServer = await preview({
    ...output,
    configFile: false,
    build: { outDir: place.path },
    preview: { host: '127.0.0.1', port: 0 },
  })
  return {
    url: server.resolvedUrls!.local[0]!,
    async [Symbol.asyncDispose]() {
      await server.close()
      await place[Symbol.asyncDispose]()
    },
  }
}
