// What a peer refuses: in words, and with nothing changed.
import { expect, test } from 'vitest'
import { getCounter, increment, listCounters, postJson, status } from './support/peer-http.ts'
import { PeerProcess } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const amountWords = /value must be a JSON integer from -9007199254740991 to 9007199254740991, or a/
const keyWords = /1 to 512 UTF-8 bytes/
const notJson = /not JSON|JSON/

/** Bodies as they go over the wire, and what the answer must say. */
const BODIES: readonly [body: string, words: RegExp, got: RegExp][] = [
  ['{"value":1.5}', amountWords, /got the JSON number 1\.5/],
  ['{"value":"abc"}', amountWords, /got the string "abc"/],
  ['{"value":"NaN"}', amountWords, /got the string "NaN"/],
  ['{"value":9007199254740993}', amountWords, /may already have lost digits .*as a string/],
  ['{"value":-9007199254740993}', amountWords, /may already have lost digits .*as a string/],
  ['{"value":NaN}', notJson, /./],
]

const KEYS: readonly string[] = ['', 'k'.repeat(513), 'é'.repeat(257)]

test('bad amounts and keys each get a 400 that explains, and change nothing', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  expect(await getCounter(peer.http, 'never seen')).toMatchObject({ value: '0', ops: 0 })
  await increment(peer.http, 'views', 5)
  const before = [await listCounters(peer.http), await status(peer.http)] as const

  const refuse = async (path: string, body: string, ...words: RegExp[]): Promise<void> => {
    const response = await postJson(peer.http + path, body)
    const problem = (await response.json()) as { detail: string; code: string }
    expect([path.slice(0, 60), body.slice(0, 60), response.status]).toEqual([
      path.slice(0, 60),
      body.slice(0, 60),
      400,
    ])
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(problem.code).toBe('ERR_INVALID_ARGUMENT')
    for (const pattern of words) expect(problem.detail).toMatch(pattern)
  }

  for (const [body, ...words] of BODIES) {
    await refuse('/v1/counters/views/increment', body, ...words)
    await refuse('/v1/count/increment', body, ...words)
    const batch = `{"increments":[{"key":"views","value":1},{"key":"views",${body.slice(1)}]}`
    await refuse('/v1/increments', batch, ...words)
  }
  for (const key of KEYS) {
    await refuse(`/v1/counters/${encodeURIComponent(key)}/increment`, '{"value":1}', keyWords)
    const batch = {
      increments: [
        { key: 'views', value: 1 },
        { key, value: 1 },
      ],
    }
    await refuse('/v1/increments', JSON.stringify(batch), keyWords)
  }

  const [counters, { root, seq }] = before
  expect(await listCounters(peer.http)).toEqual(counters)
  expect(await status(peer.http)).toMatchObject({ root, seq, counters: 1 })
})
