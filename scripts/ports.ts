// Finds blocks of free TCP ports on loopback, so that the addresses of a local cluster are easy to read.
import { createServer } from 'node:net'

const step = 10

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true))
    })
  })
}

async function areFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) if (!(await isFree(port))) return false
  return true
}

/** The first block of `count` free ports at `base`, `base + 10`, `base + 20`, … */
export async function freeBlock(
  base: number,
  count: number,
  taken: ReadonlySet<number>,
): Promise<number[]> {
  for (let start = base; start + count <= 65_535; start += step) {
    const block = Array.from({ length: count }, (_, index) => start + index)
    if (block.some((port) => taken.has(port))) continue
    if (await areFree(block)) return block
  }
  throw new Error(`No ${count} free ports in a row from ${base} on.`)
}
