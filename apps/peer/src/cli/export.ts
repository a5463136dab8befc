// tallymesh export [FILE]
import type { ExportResult } from '@tallymesh/client'
import type { Command } from 'commander'
import { askPeer } from './client.ts'
import { type Destination, openDestination } from './files.ts'
import type { Io } from './io.ts'
import { addClientOptions, type ClientFlags, examples } from './options.ts'
import { Progress } from './progress.ts'
import { count, size } from './text.ts'

const fetchInto = async (
  io: Io,
  destination: Destination,
  flags: ClientFlags,
): Promise<ExportResult> => {
  const shown = flags.json ? { progress: undefined } : io
  const progress = new Progress(
    shown,
    (bytes, perSecond) => `exported ${size(bytes)}, ${size(perSecond)} a second`,
  )
  let bytes = 0
  const sink = async (piece: Uint8Array): Promise<void> => {
    await destination.write(piece)
    bytes += piece.length
    progress.update(bytes)
  }
  try {
    return await askPeer(flags, (client) => client.exportTo(sink))
  } finally {
    progress.end()
  }
}

const exportTo = async (io: Io, file: string | undefined, flags: ClientFlags): Promise<void> => {
  const destination = await openDestination(io, file)
  let result: ExportResult
  try {
    result = await fetchInto(io, destination, flags)
    await destination.finish()
  } catch (error) {
    await destination.abandon()
    throw error
  }
  const { slots, counters, bytes } = result
  const said = flags.json
    ? JSON.stringify(result)
    : `exported ${count(slots)} slots of ${count(counters)} counters to ${destination.name}, ${size(bytes)}`
  // Where stdout has the export, it has nothing else.
  if (destination.name === 'stdout') io.note(said)
  else io.out(said)
}

export const addExport = (program: Command, io: Io): void => {
  addClientOptions(program.command('export'))
    .summary('write all counters to a file')
    .description(
      'Writes all counters of a running peer, as they are at one moment, as lines of JSON.',
    )
    .argument('[file]', 'where to; stdout if left out')
    .addHelpText(
      'after',
      examples(
        'tallymesh export counters.ndjson',
        'tallymesh export | gzip > counters.ndjson.gz',
        'tallymesh export --url http://127.0.0.1:8390 | tallymesh import --url http://127.0.0.1:9390',
      ),
    )
    .action((file: string | undefined, flags: ClientFlags) => exportTo(io, file, flags))
}
