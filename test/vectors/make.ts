// Writes the test vectors anew, by hand, after the wire has changed on purpose:
// node --conditions=@tallymesh/source test/vectors/make.ts && oxfmt test/vectors
import { writeFile } from 'node:fs/promises'
import { vectors } from './vectors.ts'

for (const [name, value] of Object.entries(await vectors()))
  await writeFile(
    new URL(`${name}.json`, import.meta.url),
    `${JSON.stringify(value, undefined, 2)}\n`,
  )
