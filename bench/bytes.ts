// What the wire takes. Bytes are exact: `core/src/byte-targets.test.ts` holds the same to the same limits.
import {
  HISTORIES,
  mostOfKnownKey,
  mostOfKnownKeys,
  mostOfNewKey,
  mostOfNewKeys,
  wholeState,
} from '../packages/core/src/testing/byte-scenarios.ts'
import { runBench } from './runner/bench.ts'

/** What the others took, and the PN-counter by hand, measured once beside each other. */
const DELTA_OF_ONE = {
  'PN-counter by hand': 27,
  Yjs: 30,
  'delta-crdts': 46,
  tinybase: 77,
  Loro: 98,
  Automerge: 141,
}
const DELTA_OF_100 = {
  'PN-counter by hand': 198,
  'delta-crdts': 451,
  Loro: 500,
  tinybase: 596,
  Yjs: 885,
  Automerge: 1950,
}
const WHOLE = {
  'PN-counter by hand': 570_036,
  Automerge: 477_470,
  'delta-crdts': 830_003,
  Yjs: 1_540_352,
}

await runBench(
  'bytes',
  'How many bytes do increments and states take on the wire?',
  async (bench) => {
    bench.progress('encoding')
    const whole = HISTORIES.map((increments) => wholeState(increments).encode().length)
    const rows = [
      { what: 'one increment, known key', bytes: mostOfKnownKey(), limit: 12 },
      { what: 'one increment, new key of 16 bytes', bytes: mostOfNewKey(), limit: 32 },
      { what: '100 increments, 10 known keys', bytes: mostOfKnownKeys(), limit: 90 },
      { what: '100 increments, 10 new keys', bytes: mostOfNewKeys(), limit: 230 },
      { what: 'state, 10k keys, 3 replicas on each', bytes: Math.max(...whole), limit: 400_000 },
    ]
    bench.table(
      'Bytes on the wire, the most of many',
      rows.map(({ what, bytes }) => ({ what, bytes })),
    )
    bench.table('Elsewhere, bytes', [
      ...Object.entries(DELTA_OF_ONE).map(([library, bytes]) => ({
        what: 'one increment',
        library,
        bytes,
      })),
      ...Object.entries(DELTA_OF_100).map(([library, bytes]) => ({
        what: '100 increments, 10 keys',
        library,
        bytes,
      })),
      ...Object.entries(WHOLE).map(([library, bytes]) => ({
        what: 'state, 10k keys, 3 replicas on each',
        library,
        bytes,
      })),
    ])
    bench.note(
      'Gossip payloads, their interval and ops included; the author is taken from the envelope, whose ' +
        'signature and ids come on top of it in every such library. Keys of 16 bytes that have nothing in ' +
        `common, peer ids of 52 chars, histories of up to ${HISTORIES.at(-1)} increments a replica.`,
    )
    bench.note('A hot key among many whose total is far from its ops takes up to 14.')
    bench.note(
      'Elsewhere: measured once, each library in its own way; the JSON has them as constants.',
    )
    for (const { what, bytes, limit } of rows) bench.target(what, bytes, 'at most', limit, 'bytes')
  },
)
