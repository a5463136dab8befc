// What the process holds, after collecting what it does not.

/** Bytes of heap and of array buffers. Needs `--expose-gc`. */
export const heldBytes = (): number => {
  if (globalThis.gc === undefined) throw new Error('run it by "pnpm bench", or with --expose-gc')
  for (let i = 0; i < 4; i++) globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
