// Operation numbers and counts near 2^48, where the protocol ends, and near 2^53, where integers do.
import type { Attack } from '../attack.ts'
import { digest, gossipOf, say, SYNC, unit, version } from '../attacker.ts'

const SEQS = [2 ** 48 - 1, 2 ** 48, 2 ** 53 - 1, 2 ** 53]

export const highSeqs: Attack = {
  name: 'seqs near 2^53',
  async go(attacker, { members }) {
    const { self: replica } = attacker
    await attacker.untilHeard()
    for (const seq of SEQS) {
      const bare = unit('hostile/high', seq)
      const units = [{ ...bare, ops: Math.min(seq, 2 ** 53 - 1), total: 2n ** 1023n }]
      for (const from of [0, seq - 1, seq]) {
        const delta = { replica, from, to: seq, units }
        try {
          await attacker.publish(gossipOf(delta))
          const claims = version([replica, seq], ...members.map((id) => [id, seq] as const))
          await say(await attacker.open(SYNC), [
            digest(),
            claims,
            { type: 'slots', deltas: [delta] },
          ])
        } catch {
          // Some of this can not even be written.
        }
      }
    }
  },
}
