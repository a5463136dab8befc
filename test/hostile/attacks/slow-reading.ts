// Asks for everything, on as many streams as there may be, and reads none of it.
import { encodeMessage } from '../../../packages/sync/src/messages.ts'
import type { Attack } from '../attack.ts'
import { digest, SYNC, version } from '../attacker.ts'
import { setTimeout as pause } from 'node:timers/promises'

const frame = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes.length, ...bytes)

export const slowReading: Attack = {
  name: 'slow reading',
  async go(attacker) {
    // Of gossip neither: it does not wait for who reads slowly.
    for (const stream of attacker.connection.streams)
      if (stream.protocol.startsWith('/meshsub')) stream.pause()
    for (let streams = 0; streams < 16; streams++) {
      const stream = await attacker.stream(SYNC)
      stream.pause()
      stream.send(frame(encodeMessage(digest())))
      stream.send(frame(encodeMessage(version())))
    }
    await pause(1000)
    for (const stream of attacker.connection.streams) stream.abort(new Error('enough'))
  },
}
