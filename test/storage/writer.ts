// A child process that writes to a disk store until it is killed, and says what was acknowledged.
//
// Batch n puts the records `n/0` to `n/9`, and deletes `n-1/0`: a torn batch would show.
// With `paced` as a third argument it waits for a line on stdin before each batch.
// Lines on stdout: `ok <n>`, or `refused <n> <code>` (and it tries the next).
import { createInterface } from 'node:readline'
import { DiskStore } from '@tallymesh/storage/node'

const [folder, payloadBytes, paced] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: writer.ts FOLDER PAYLOAD_BYTES [paced]')
const bytes = new Uint8Array(Number(payloadBytes)).fill(0x5a)

const permits =
  paced === undefined
    ? undefined
    : createInterface({ input: process.stdin })[Symbol.asyncIterator]()

const store = new DiskStore({ folder })
await store.open()
let next = 0
for await (const chunk of store.load())
  for (const { id } of chunk) next = Math.max(next, Number.parseInt(id, 10) + 1)

/** The last batch that was taken: the one that the next has to delete from. */
let last = next - 1
for (let n = next; ; n++) {
  await permits?.next()
  const put = Array.from({ length: 10 }, (_, i) => ({ id: `${n}/${i}`, bytes }))
  try {
    await store.commit({ put, delete: last < 0 ? [] : [`${last}/0`] })
    last = n
    process.stdout.write(`ok ${n}\n`)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    process.stdout.write(`refused ${n} ${String(code)}\n`)
    // Somebody is about to make room.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
