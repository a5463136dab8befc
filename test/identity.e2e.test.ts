// Members that come back with an old store, none, a copied or a damaged one: nothing is lost, and nothing
// counts twice. The scenarios run side by side, since a member that is away makes others wait for 10 s.
import { DiskStore } from '@tallymesh/storage/node'
import { describe, expect, test } from 'vitest'
import { Members, type MemberPeer } from './support/members.ts'

/** Ordinary restarts: enough to show an id that now and then is added. */
const RESTARTS = 20

const three = async (): Promise<{
  members: Members
  peers: [MemberPeer, MemberPeer, MemberPeer]
}> => {
  const members = await Members.start(3)
  return { members, peers: members.peers as [MemberPeer, MemberPeer, MemberPeer] }
}

/** Flips a bit in every third record of each kind, at a place that moves on. */
const damage = async (folder: string): Promise<number> => {
  await using store = Object.assign(new DiskStore({ folder }), {
    [Symbol.asyncDispose]: () => store.close(),
  })
  await store.open()
  const put = []
  let n = 0
  for await (const chunk of store.load())
    for (const { id, bytes } of chunk) {
      if (n++ % 3 > 0 || id === 'm/format') continue
      const at = (n * 7) % bytes.length
      put.push({ id, bytes: bytes.with(at, bytes[at]! ^ (1 << (n % 8))) })
    }
  await store.commit({ put, delete: [] })
  return put.length
}

/** They share the machine. */
const options = { timeout: 300_000 }

describe.concurrent('three members', options, () => {
  test('restarted, with all up, add no replica id', async () => {
    const { members, peers } = await three()
    await using _ = members
    for (const peer of peers) await peer.untilVerified()
    for (const peer of peers) await peer.count()
    await members.untilEqual()
    const ids = async (): Promise<unknown> =>
      Promise.all(
        peers.map(async (peer) => {
          const { replica, replicas } = await peer.status()
          return { replica, replicas }
        }),
      )
    const before = await ids()
    for (let i = 0; i < RESTARTS; i++) {
      const peer = peers[i % 3]!
      if (i % 2 === 0) await peer.stop()
      else await peer.kill()
      await peer.start()
      await peer.count()
      await peer.untilVerified()
    }
    await members.untilEqual()
    expect(await ids()).toEqual(before)
  })

  test('of which one is put back to a backup twice, loses its store, and has it damaged', async () => {
    const { members, peers } = await three()
    await using _ = members
    const [one, two, other] = peers
    for (const peer of peers) await peer.count()
    await members.untilEqual()
    await one.stop()
    const backup = await one.backUp()
    await one.start()
    await one.count()
    await members.untilEqual()
    const before = (await other.status()).replicas

    for (const time of [1, 2]) {
      await one.stop()
      await one.restore(backup)
      await one.start()
      await one.count()
      await two.count()
      await one.untilVerified()
      await one.count()
      await members.untilEqual()
      expect((await other.status()).replicas).toBe(before + time)
    }

    await one.stop()
    await one.loseStore()
    await one.start()
    await one.count()
    await members.untilEqual()

    await one.stop()
    expect(await damage(one.store)).toBeGreaterThan(3)
    await one.start()
    await one.count()
    await members.untilEqual()
    expect((await one.status()).damaged).toBeGreaterThan(3)
    await one.stop()
    await one.start()
    await members.untilEqual()
    expect((await one.status()).damaged).toBeGreaterThan(3)
  })

  test('of which one runs twice, from a copied folder; not twice from one folder', async () => {
    const { members, peers } = await three()
    await using _ = members
    const [one] = peers
    for (const peer of peers) await peer.count()
    await members.untilEqual()

    const refused = await one.launch().catch((error: unknown) => String(error))
    expect(refused).toContain(one.store)
    expect(refused).toContain(`${one.process.pid}`)

    await one.stop()
    const copy = await members.copy(one)
    await Promise.all([one.start(), copy.start()])
    await Promise.all([one.count(), copy.count(), one.count(), copy.count()])
    await Promise.all([one.untilVerified(), copy.untilVerified()])
    expect((await one.status()).replica).not.toBe((await copy.status()).replica)
    await Promise.all([one.count(), copy.count()])
    await members.untilEqual()
    await one.kill()
    await copy.count()
    await one.start()
    await one.count()
    await copy.count()
    await members.untilEqual()
  })

  test('of which one is killed while its id is unproven, and put back to then', async () => {
    const { members, peers } = await three()
    await using _ = members
    const [one, two, frozen] = peers
    for (const peer of peers) await peer.count()
    await members.untilEqual()

    frozen.freeze()
    await one.kill()
    for (let i = 0; i < 2; i++) {
      await one.start()
      await one.count()
      await one.kill()
    }
    const backup = await one.backUp()
    frozen.thaw()
    await one.start()
    await one.untilVerified()
    await one.count()
    await members.untilEqual()

    // The backup has as provisional what the others hold under the id by now.
    await one.stop()
    await one.restore(backup)
    await one.start()
    await one.count()
    await one.untilVerified()
    await two.count()
    await members.untilEqual()

    frozen.freeze()
    await one.kill()
    await one.start()
    await one.count()
    await one.untilVerified()
    await one.count()
    frozen.thaw()
    await members.untilEqual()
  })

  test('of which one is put back to a backup while another is down, which comes back', async () => {
    const { members, peers } = await three()
    await using _ = members
    const [one, two, away] = peers
    for (const peer of peers) await peer.count()
    await members.untilEqual()
    await away.stop()
    await one.stop()
    const backup = await one.backUp()
    await one.start()
    await one.count()
    await one.untilVerified()
    await one.count()
    await members.untilEqual()

    await one.stop()
    await one.restore(backup)
    await one.start()
    await one.count()
    await two.count()
    await one.untilVerified()
    await one.count()
    await members.untilEqual()
    await away.start()
    await away.count()
    await members.untilEqual()
  })
})
