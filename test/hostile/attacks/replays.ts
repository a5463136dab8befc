// What the members said, said again: gossip as it came, and exchanges of a state that is long past.
import type { Attack } from '../attack.ts'
import { digest, say, SYNC, TOPIC, version } from '../attacker.ts'
import { type RawMessage, rpcOf } from '../rpc.ts'
import type { GossipsubMessage } from '@chainsafe/libp2p-gossipsub'

export const replays: Attack = {
  name: 'replays',
  async go(attacker) {
    await attacker.untilHeard()
    const { pubsub } = attacker.node.services
    const heard: RawMessage[] = []
    const listen = ({ detail: { msg } }: CustomEvent<GossipsubMessage>): void => {
      if (msg.topic !== TOPIC || msg.type !== 'signed') return
      const seqno = Buffer.alloc(8)
      seqno.writeBigUInt64BE(msg.sequenceNumber)
      heard.push({ from: msg.from.toString(), data: msg.data, seqno, signature: msg.signature })
    }
    pubsub.addEventListener('gossipsub:message', listen)
    // All that it may hear of the cluster: it asks as one who has nothing.
    const channel = await attacker.open(SYNC)
    const messages: Uint8Array[] = []
    const hearing = (async () => {
      for await (const message of channel.source) messages.push(message)
    })().catch(() => undefined)
    await say({ ...channel, source: (async function* () {})() }, [digest(), version()])
    await hearing
    for (let times = 0; times < 5; times++) {
      const told = messages.slice(1)
      await say(await attacker.open(SYNC), [digest(), version(), ...told])
      await say(await attacker.open(SYNC), [...messages, ...messages])
    }
    pubsub.removeEventListener('gossipsub:message', listen)
    const gossip = await attacker.stream('/meshsub/1.2.0')
    for (let times = 0; times < 20; times++)
      for (const message of heard) gossip.send(rpcOf(message))
  },
}
