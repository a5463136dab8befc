// Anti-entropy, asking and being asked, that brings slots of the members, and takes away from them.
import { encodeMessage, type Message } from '../../../packages/sync/src/messages.ts'
import type { Attack, Target } from '../attack.ts'
import { digest, say, SYNC, unit, version } from '../attacker.ts'

const SEQ = 2 ** 40

/** As many lies as fit: more than is held, a total of its own, a fork, an epoch, an empty claim. */
function* lies({ members, key }: Target): Generator<Message> {
  for (const replica of members) {
    const deltas = [
      { replica, from: 0, to: SEQ, units: [unit(key, SEQ, -1_000_000)] },
      { replica, from: 0, to: 1, units: [unit(key, 1, 9)] },
      { replica, from: SEQ, to: SEQ, units: [] },
      { replica: `${replica}.k7f2q9`, from: 0, to: 5, units: [unit(key, 5, 5)] },
    ]
    for (const delta of deltas) yield { type: 'slots', deltas: [delta] }
  }
}

export const forgedExchange: Attack = {
  name: 'forged exchange',
  answer: (channel, target) => {
    void say(channel, [version(...target.members.map((id) => [id, SEQ] as const)), ...lies(target)])
  },
  async go(attacker, target) {
    const claims = version(...target.members.map((id) => [id, SEQ] as const))
    await say(await attacker.open(SYNC), [digest(), claims, ...lies(target)])
    // The same counters, offered in a descent, where they travel whole.
    const units = [unit(target.key, SEQ, 7)]
    const offers = target.members.map((replica) => ({ replica, from: 0, to: 0, units }))
    const turn = { nodes: [], wants: [], offers, replies: [], waits: false }
    await say(await attacker.open(SYNC), [
      digest(),
      encodeMessage({ type: 'begin', salt: 1, turn }),
    ])
  },
}
