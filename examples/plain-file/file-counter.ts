// A counter whose state is one file. Copies of the file that went different ways can be merged again.
import { open, readFile, rename } from 'node:fs/promises'
import { DistributedKeyCounter } from '@tallymesh/core'

/** The state in `file`, which need not be there yet. */
export const load = async (file: string, replica: string): Promise<DistributedKeyCounter> => {
  const counter = new DistributedKeyCounter({ replica })
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (bytes !== undefined) counter.applyEncoded(bytes)
  return counter
}

/** Puts the new state in the place of the old one, whole: a crash leaves one or the other. */
export const save = async (file: string, counter: DistributedKeyCounter): Promise<void> => {
  const draft = await open(`${file}.new`, 'w')
  try {
    await draft.writeFile(counter.encode())
    await draft.sync()
  } finally {
    await draft.close()
  }
  await rename(`${file}.new`, file)
}
