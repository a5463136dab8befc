// Loaded before a worker: hands Node the source of one file of the engine with one piece of it changed.
import { registerHooks, type LoadFnOutput } from 'node:module'
import { MUTATIONS } from './mutations.ts'

const name = process.env['TALLYMESH_MUTATION']
const mutation = MUTATIONS.find((known) => known.name === name)
if (mutation === undefined) throw new Error(`there is no mutation ${JSON.stringify(name)}`)
const { file, source, becomes } = mutation

let isDone = false

const textOf = (loaded: LoadFnOutput['source']): string =>
  typeof loaded === 'string' ? loaded : new TextDecoder().decode(loaded)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(`/packages/${file}`)) return loaded
    const pieces = textOf(loaded.source).split(source)
    if (pieces.length !== 2)
      throw new Error(
        `${file} holds ${JSON.stringify(source)} ${pieces.length - 1} times, not once`,
      )
    isDone = true
    return { ...loaded, source: pieces.join(becomes) }
  },
})

process.on('exit', () => {
  // A file that the engine no longer loads is no mutation at all.
  if (!isDone) process.exitCode = 1
})
