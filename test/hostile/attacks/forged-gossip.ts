// Gossip, properly signed, that tells of the slots of others.
import { ByteWriter, noKeys, writeDelta } from '@tallymesh/core'
import type { Attack } from '../attack.ts'
import { unit } from '../attacker.ts'

export const forgedGossip: Attack = {
  name: 'forged gossip',
  async go(attacker, { members, key }) {
    await attacker.untilHeard()
    for (const replica of members) {
      // In place of an epoch's tag: the replica itself, the rest of its id, and what is no tag.
      for (const suffix of [replica, replica.slice(1), '.', '', 'x'.repeat(200)])
        await attacker.publish(forged(key, suffix, replica))
      // A tag may be anything: then it is an epoch of the attacker's own, and may count, as itself.
      await attacker.publish(forged('hostile/epoch', `.${replica}`, replica))
    }
  },
}

const forged = (key: string, suffix: string, replica: string): Uint8Array => {
  const writer = new ByteWriter()
  const units = [unit(key, 2 ** 40, 1_000_000)]
  writeDelta(writer, suffix, { replica, from: 0, to: 2 ** 40, units }, noKeys())
  return writer.finish()
}
