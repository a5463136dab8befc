// Members that are out of reach: frozen, or behind a link that is cut. Both sides know it, and since when.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { identityFile, makeDataFolder } from '../apps/peer/src/data-folder.ts'
import { loadOrCreateIdentity } from '../apps/peer/src/identity.ts'
import { Members, type MemberPeer } from './support/members.ts'
import { Namespaces, whyNoNamespaces } from './support/namespaces.ts'
import type { MemberStatusAnswer, ReachAnswer } from './support/peer-http.ts'
import { PeerProcess } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

/** A line is given up after some 10 s of silence, its member missed 3 s later: promised is this. */
const NOTICED_MS = 15_000
/** What comes back comes when dials do, whose back-off grows. */
const BACK_MS = 60_000
const BLINK_MS = 200
/** Longer than a member has to be away to be missed. */
const AFTER_A_BLINK_MS = 3500

interface Place {
  readonly peerId: string
  readonly process: PeerProcess
  status(): Promise<MemberStatusAnswer>
}

const reachOf = async (place: Place): Promise<ReachAnswer> => (await place.status()).reach

const untilReach = (
  places: readonly Place[],
  expected: Partial<ReachAnswer>,
  withinMs = BACK_MS,
): Promise<ReachAnswer[]> =>
  until(
    JSON.stringify(expected),
    async () => {
      const all = await Promise.all(places.map(reachOf))
      for (const reach of all) expect(reach).toMatchObject(expected)
      return all
    },
    { withinMs, everyMs: 100 },
  )

const missedOf = ({ missed }: ReachAnswer): string[] =>
  missed.map(({ member }) => member).toSorted()
const idsOf = (places: readonly Place[]): string[] => places.map(({ peerId }) => peerId).toSorted()

/** How often their logs have told of a member that is missed. */
const complaints = (places: readonly Place[]): number =>
  places.reduce((sum, { process }) => sum + process.logged('members are out of reach').length, 0)

/** That nothing comes of it takes its time. */
const expectNothingOf = async (blink: () => Promise<void>, places: readonly Place[]) => {
  const before = complaints(places)
  await blink()
  await pause(AFTER_A_BLINK_MS)
  expect(complaints(places)).toBe(before)
}

test('one of three is frozen: a blink changes nothing, and what lasts is a partition', async () => {
  await using members = await Members.start(3)
  const [one, two, three] = members.peers as [MemberPeer, MemberPeer, MemberPeer]
  for (const peer of members.peers) await peer.untilVerified()
  await untilReach(members.peers, { reachability: 'connected', hasQuorum: true })

  const blink = async (): Promise<void> => {
    three.freeze()
    await pause(BLINK_MS)
    three.thaw()
  }
  await expectNothingOf(blink, members.peers)

  const startedAt = performance.now()
  three.freeze()
  const seen = await untilReach(
    [one, two],
    { reachability: 'partitioned', hasQuorum: true },
    NOTICED_MS,
  )
  console.log(`noticed after ${(performance.now() - startedAt).toFixed(0)} ms`)
  for (const reach of seen) {
    expect(missedOf(reach)).toEqual([three.peerId])
    expect(reach.missed[0]!.forMs).toBeGreaterThanOrEqual(reach.forMs)
  }
  await one.count()
  await two.count()
  three.thaw()
  await untilReach([one, two, three], { reachability: 'connected' })
  await members.untilEqual()
  await until('it is healed', async () => (await reachOf(one)).healed?.member === three.peerId)
})

const why = whyNoNamespaces()
if (why !== undefined) console.log(`links are not cut: ${why}`)

/** A peer in a namespace of its own. */
class LinkedPeer implements Place {
  readonly peerId: string
  readonly #within: readonly string[]
  #process: PeerProcess | undefined

  constructor(peerId: string, within: readonly string[]) {
    this.peerId = peerId
    this.#within = within
  }

  get process(): PeerProcess {
    return this.#process!
  }

  async start(data: string, addresses: readonly string[], args: readonly string[]): Promise<void> {
    this.#process = await PeerProcess.start({ data, addresses, args, within: this.#within })
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
  }

  /** HTTP goes by the namespace's own loopback, whatever becomes of its link. */
  async #curl(path: string, ...args: readonly string[]): Promise<string> {
    const [ip, ...line] = [...this.#within, 'curl', '-sS', '--max-time', '10', ...args]
    const { stdout } = await promisify(execFile)(ip!, [...line, `${this.process.http}${path}`])
    return stdout
  }

  async status(): Promise<MemberStatusAnswer> {
    return JSON.parse(await this.#curl('/v1/status')) as MemberStatusAnswer
  }

  async increment(key: string): Promise<void> {
    const post = ['-H', 'content-type: application/json', '-d', '{}']
    await this.#curl(`/v1/counters/${key}/increment`, ...post)
  }

  async value(key: string, query = ''): Promise<string> {
    const told = await this.#curl(`/v1/counters/${key}${query}`)
    return (JSON.parse(told) as { value: string }).value
  }
}

const HTTP = '127.0.0.1:8390'
const PORT = 9390

/** Members of which each has a link of its own. */
class LinkedMembers implements AsyncDisposable {
  readonly peers: LinkedPeer[] = []
  readonly #links: Namespaces
  readonly #data: string

  constructor(links: Namespaces, data: string) {
    this.#links = links
    this.#data = data
  }

  async start(): Promise<void> {
    const folders = this.#links.names.map((_, at) => join(this.#data, `${at}`))
    for (const [at, folder] of folders.entries()) {
      await makeDataFolder(folder)
      const { peerId } = await loadOrCreateIdentity(identityFile(folder))
      this.peers.push(new LinkedPeer(peerId, this.#links.within(at)))
    }
    const listen = (at: number): string => `/ip4/${this.#links.address(at)}/tcp/${PORT}`
    const known = this.peers.flatMap(({ peerId }, at) => [
      '--member',
      peerId,
      '--peer',
      `${listen(at)}/p2p/${peerId}`,
    ])
    await Promise.all(
      this.peers.map((peer, at) =>
        peer.start(folders[at]!, ['--http', HTTP, '--listen', listen(at)], known),
      ),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.peers.map((peer) => peer.kill()))
  }
}

test.skipIf(why !== undefined).each([
  { count: 3, away: 1 },
  { count: 5, away: 2 },
])('$away of $count are cut off: each side knows, counts on, and all heals', async (options) => {
  const { count, away } = options
  await using links = await Namespaces.create(count)
  await using data = await temporaryFolder()
  await using members = new LinkedMembers(links, data.path)
  await members.start()
  const { peers } = members
  const [most, few] = [peers.slice(away), peers.slice(0, away)]
  // One that has just started takes all for in reach till it misses them: their word is what tells.
  await until('all lines stand', async () =>
    (await Promise.all(peers.map((peer) => peer.status()))).every(({ verified }) => verified),
  )
  await untilReach(peers, { reachability: 'connected', hasQuorum: true })
  const cut = [...few.keys()]

  const blink = async (): Promise<void> => {
    await links.cut(cut)
    await pause(BLINK_MS)
    await links.heal()
  }
  await expectNothingOf(blink, peers)

  const startedAt = performance.now()
  await links.cut(cut)
  const [majority, minority] = await Promise.all([
    untilReach(most, { reachability: 'partitioned', hasQuorum: true }, NOTICED_MS),
    untilReach(few, { reachability: 'isolated', hasQuorum: false }, NOTICED_MS),
  ])
  console.log(`noticed after ${(performance.now() - startedAt).toFixed(0)} ms`)
  await until('all are missed', async () => {
    for (const reach of await Promise.all(most.map(reachOf)))
      expect(missedOf(reach)).toEqual(idsOf(few))
    for (const reach of await Promise.all(few.map(reachOf)))
      expect(missedOf(reach)).toEqual(idsOf(most))
    return true
  })
  for (const { missed, forMs } of [...majority, ...minority])
    expect(Math.max(...missed.map((each) => each.forMs))).toBeGreaterThanOrEqual(forMs)

  for (const peer of peers) for (const key of ['a', 'b']) await peer.increment(key)
  const healedAt = performance.now()
  await links.heal()
  await untilReach(peers, { reachability: 'connected' })
  console.log(`connected ${(performance.now() - healedAt).toFixed(0)} ms after healing`)
  for (const peer of peers)
    await until('nothing is lost', async () => (await peer.value('a')) === `${count}`)
  await until('all are equal', async () => {
    const all = await Promise.all(peers.map((peer) => peer.status()))
    return new Set(all.map(({ root }) => root)).size === 1
  })
  expect(await peers[0]!.value('b', '?consistency=quorum')).toBe(`${count}`)
  // Who asks first gets it all; to the next, it is nothing new.
  await until('somebody tells how much came over', async () =>
    (await Promise.all(peers.map(reachOf))).some(({ healed }) => healed && healed.received > 0),
  )
})
