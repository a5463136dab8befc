// What members are said to have written, under signatures that are not theirs.
import { randomBytes } from 'node:crypto'
import { signDelta } from '../../../packages/sync/src/signed-delta.ts'
import type { Attack } from '../attack.ts'
import { digest, gossipOf, say, SYNC, unit, version } from '../attacker.ts'
import { rpcOf } from '../rpc.ts'

export const wrongSignatures: Attack = {
  name: 'wrong signatures',
  async go(attacker, { members, key }) {
    const gossip = await attacker.stream('/meshsub/1.2.0')
    for (const replica of members)
      for (let times = 0; times < 50; times++)
        gossip.send(
          rpcOf({
            from: replica,
            data: gossipOf({ replica, from: 0, to: 2 ** 40, units: [unit(key, 2 ** 40)] }),
            seqno: randomBytes(8),
            signature: randomBytes(64),
          }),
        )
    for (const replica of members) {
      const delta = { replica, from: 0, to: 2 ** 40, units: [unit(key, 2 ** 40, 3)] }
      const wrong = [
        await signDelta((bytes) => attacker.key.sign(bytes), 'default', delta),
        await signDelta(() => randomBytes(64), 'default', delta),
        await signDelta(() => new Uint8Array(0), 'default', delta),
      ]
      for (const signed of wrong)
        await say(await attacker.open(SYNC), [
          digest(),
          version(),
          { type: 'signed', deltas: [signed] },
        ])
    }
    gossip.abort(new Error('enough'))
  },
}
