// Messages of all sizes that are too large: by their prefix, by what comes, and by what they unfold to.
import { randomBytes } from 'node:crypto'
import type { Attack } from '../attack.ts'
import { MEMBER, say, SYNC } from '../attacker.ts'

const MIB = 1024 * 1024

/** Length prefixes: of 4 GiB, past 2^53, of no end, and one byte more than is allowed. */
const PREFIXES = ['ffffffff0f', 'ffffffffffffff7f', 'ff'.repeat(64), '818080 02'.replace(' ', '')]

export const hugeMessages: Attack = {
  name: 'huge messages',
  async go(attacker) {
    for (const protocol of [SYNC, MEMBER]) {
      for (const prefix of PREFIXES) {
        const stream = await attacker.stream(protocol)
        stream.send(Buffer.from(prefix, 'hex'))
        stream.send(new Uint8Array(MIB))
        await closed(stream)
      }
      // Four mebibytes are allowed; what is in these is not.
      await say(await attacker.open(protocol), [randomBytes(4 * MIB - 16)])
      // Types that hold lists, with a count of four thousand million.
      for (const type of [4, 5, 6, 7])
        await say(await attacker.open(protocol), [
          Uint8Array.of(type, 0, ...Buffer.from('ffffffff0f', 'hex'), ...randomBytes(64)),
        ])
    }
    // Gossip past its limit: a mebibyte, where 64 KiB are allowed.
    await attacker.publish(randomBytes(MIB))
  },
}

const closed = (stream: { status: string } & EventTarget): Promise<void> =>
  new Promise((resolve) => {
    if (stream.status !== 'open') return resolve()
    stream.addEventListener('close', () => resolve(), { once: true })
    setTimeout(resolve, 500)
  })
