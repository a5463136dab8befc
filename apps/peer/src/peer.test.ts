// A peer that starts: what it holds while it does, and that it lets go of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createLogger } from './log.ts'
import { type PeerOptions, startPeer } from './peer.ts'

const createOptions = (): PeerOptions => {
  const data = mkdtempSync(join(tmpdir(), 'tallymesh-start-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  return {
    data,
    namespace: 'test',
    listen: ['/ip4/127.0.0.1/tcp/0'],
    admission: { open: false },
    peers: [],
    members: [],
    http: { host: '127.0.0.1', port: 0 },
    logger: createLogger('silent'),
    signal: new AbortController().signal,
  }
}

const count = async (http: string, keys: number): Promise<void> => {
  const increments = Array.from({ length: keys }, (_, i) => ({ key: `key ${i}`, value: 1 }))
  const response = await fetch(`${http}/v1/increments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ increments }),
  })
  expect(response.status).toBe(200)
}

test('tells how many records it has loaded, and one that is stopped meanwhile lets go of all', async () => {
  const options = createOptions()
  const first = await startPeer(options)
  await count(first.http, 1000)
  await first.stop()
  const stopping = new AbortController()
  const reason = new Error('stopped')
  const told: number[] = []
  const stopped = startPeer({
    ...options,
    signal: stopping.signal,
    loading: (records) => {
      told.push(records)
      stopping.abort(reason)
    },
  })
  await expect(stopped).rejects.toBe(reason)
  expect(told[0]).toBe(1000)
  // The lock of the store above all.
  const again = await startPeer(options)
  expect(await (await fetch(`${again.http}/v1/counters/key%20999`)).json()).toMatchObject({
    value: '1',
  })
  await again.stop()
})
