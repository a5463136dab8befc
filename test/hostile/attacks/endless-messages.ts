// Exchanges that never end: answers without questions, an empty word again and again, a drop at a time.
import { setTimeout as pause } from 'node:timers/promises'
import type { Message } from '../../../packages/sync/src/messages.ts'
import type { Attack } from '../attack.ts'
import { digest, MEMBER, say, SYNC, version } from '../attacker.ts'

/** Slots of nobody, that claim nothing: allowed, and as many as one likes. */
function* nothings(self: string): Generator<Message> {
  yield digest()
  yield version([self, 1])
  for (;;) yield { type: 'slots', deltas: [{ replica: self, from: 0, to: 0, units: [] }] }
}

function* turns(): Generator<Message> {
  yield digest()
  const turn = { nodes: [], wants: [], offers: [], replies: [], waits: true }
  for (;;) yield { type: 'descent', turn }
}

async function* drops(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield Uint8Array.of(1)
    await pause(100)
  }
}

export const endlessMessages: Attack = {
  name: 'endless messages',
  answer: (channel) => void say(channel, turns()),
  async go(attacker) {
    await Promise.all([
      say(await attacker.open(SYNC), nothings(attacker.self)),
      say(await attacker.open(SYNC), turns()),
      say(await attacker.open(SYNC), drops()),
      say(await attacker.open(MEMBER), drops()),
      attacker.stream('/ipfs/ping/1.0.0').then((stream) => stream.send(new Uint8Array(1_000_000))),
    ])
  },
}
