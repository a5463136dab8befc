// tallymesh import [FILE]
import type { ImportResult, ImportSource } from '@tallymesh/client'
import { type Command, Option } from 'commander'
import { askPeer } from './client.ts'
import { openSource } from './files.ts'
import type { Io } from './io.ts'
import { addClientOptions, type ClientFlags, examples } from './options.ts'
import { Progress } from './progress.ts'
import { count, size } from './text.ts'

interface ImportFlags extends ClientFlags {
  readonly anyNamespace?: true
}

/** Tells how much was read of a source, anew each time that it is read. */
const watched = (source: ImportSource, progress: Progress): ImportSource => {
  async function* watch(
    pieces: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let bytes = 0
    for await (const piece of pieces) {
      bytes += piece.length
      progress.update(bytes)
      yield piece
    }
    progress.say('all is sent; the peer joins it')
  }
  return typeof source === 'function' ? () => watch(source()) : watch(source)
}

const send = async (io: Io, source: ImportSource, flags: ImportFlags): Promise<ImportResult> => {
  const progress = new Progress(
    flags.json ? { progress: undefined } : io,
    (bytes, perSecond) => `sent ${size(bytes)}, ${size(perSecond)} a second`,
  )
  const options = { anyNamespace: flags.anyNamespace === true }
  try {
    return await askPeer(flags, (client) => client.importFrom(watched(source, progress), options))
  } finally {
    progress.end()
  }
}

const importFrom = async (io: Io, file: string | undefined, flags: ImportFlags): Promise<void> => {
  const result = await send(io, await openSource(io, file), flags)
  const { slots, counters, changed } = result
  io.out(
    flags.json
      ? JSON.stringify(result)
      : `imported ${count(slots)} slots of ${count(counters)} counters, of which ${count(changed)} changed`,
  )
}

export const addImport = (program: Command, io: Io): void => {
  addClientOptions(program.command('import'))
    .summary('join what export wrote')
    .description(
      'Joins an export at a running peer: all of it or, where anything is wrong with it, nothing. It is a merge: what is there already changes nothing, so it can be repeated.',
    )
    .argument('[file]', 'where from; stdin if left out')
    .addOption(new Option('--any-namespace', 'also what a peer of another namespace exported'))
    .addHelpText(
      'after',
      examples(
        'tallymesh import counters.ndjson',
        'gunzip < counters.ndjson.gz | tallymesh import',
        'tallymesh import counters.ndjson --any-namespace --json',
      ),
    )
    .action((file: string | undefined, flags: ImportFlags) => importFrom(io, file, flags))
}
