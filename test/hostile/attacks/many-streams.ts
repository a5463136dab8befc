// Ten thousand streams at once, on protocols that there are, and on some that there are not.
import type { Attack } from '../attack.ts'
import { MEMBER, SYNC } from '../attacker.ts'

const STREAMS = 10_000
const PROTOCOLS = [SYNC, MEMBER, '/meshsub/1.2.0', '/ipfs/ping/1.0.0', '/ipfs/id/1.0.0', '/none/1']

export const manyStreams: Attack = {
  name: 'many streams',
  async go(attacker) {
    const opening = Array.from({ length: STREAMS }, async (_, at) => {
      const stream = await attacker.stream(PROTOCOLS[at % PROTOCOLS.length]!)
      stream.send(new Uint8Array(1000))
    })
    await Promise.allSettled(opening)
  },
}
