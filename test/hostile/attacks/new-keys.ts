// A hundred thousand new keys, each as long as a key may be, and replica ids without number.
import type { Attack } from '../attack.ts'
import { digest, gossipOf, say, SYNC, unit, version } from '../attacker.ts'

const KEYS = 100_000
const IN_ONE = 2000
const FILL = 'k'.repeat(480)

export const newKeys: Attack = {
  name: '100,000 new keys',
  async go(attacker) {
    const { self: replica } = attacker
    function* all() {
      yield digest()
      yield version([replica, KEYS])
      for (let to = KEYS; to > 0; to -= IN_ONE) {
        const units = Array.from({ length: IN_ONE }, (_, at) => {
          const seq = to - IN_ONE + at + 1
          return unit(`hostile/${FILL}${seq}`, seq)
        })
        const isLast = to === IN_ONE
        const delta = { replica, from: 0, to: isLast ? KEYS : 0, units }
        yield { type: 'slots', deltas: [delta] } as const
      }
    }
    await say(await attacker.open(SYNC), all())
    await attacker.untilHeard()
    for (let at = 0; at < 200; at++) {
      const tag = `.${at.toString(36)}`
      const units = [unit(`hostile/epoch-${at}`, 1)]
      await attacker.publish(gossipOf({ replica, from: 0, to: 1, units }, tag))
    }
  },
}
