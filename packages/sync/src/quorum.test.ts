// Strong reads and increments: what they promise, and exactly how many messages they take.
import { beforeEach, describe, expect, test } from 'vitest'
import type { Reading } from './proposal.ts'
import { settle } from './testing/fake-clock.ts'
import { MemberCluster, type ClusterNode } from './testing/member-cluster.ts'
import { seededRandom } from './testing/replica-pair.ts'

const THREE = ['a', 'b', 'c']
const forever = new AbortController().signal

let cluster: MemberCluster
let a: ClusterNode
let b: ClusterNode
let c: ClusterNode

beforeEach(async () => {
  cluster = await MemberCluster.start(THREE)
  ;[a, b, c] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode]
})

const read = ({ quorum }: ClusterNode, key = 'k'): Promise<Reading> =>
  quorum.read(key, 'quorum', forever)

const countStrongly = async (node: ClusterNode, key = 'k'): Promise<void> => {
  await node.count(key)
  await node.quorum.spread(key, 'quorum', forever)
}

/** Refuses to vote until it is told otherwise. */
const silence = ({ membership }: ClusterNode): void => membership.wentBack()

/** Both others have been compared with. */
const speak = ({ id, membership }: ClusterNode): void => {
  for (const other of THREE) if (other !== id) membership.exchanged(other, 0)
}

describe('without contention', () => {
  test('a read costs one message to each other member and one back, in one round', async () => {
    expect(await read(a)).toEqual({ value: 0n, ops: 0 })
    await settle()
    expect(cluster.messages()).toEqual({ asks: 2, answers: 2 })
    expect(a.rounds[1]).toBe(1)
  })

  test('so does a read of what all members hold', async () => {
    await countStrongly(b)
    await settle()
    cluster.messages()
    await c.quorum.read('k', 'all', forever)
    expect(await read(a)).toEqual({ value: 1n, ops: 1 })
    await settle()
    cluster.messages()
    expect(await read(a)).toEqual({ value: 1n, ops: 1 })
    await settle()
    expect(cluster.messages()).toEqual({ asks: 2, answers: 2 })
  })

  test('so does an increment with a strong ack, and a majority holds it then', async () => {
    await countStrongly(a)
    expect([a, b, c].filter(({ counter }) => counter.getValue('k') === 1n).length).toBeGreaterThan(
      1,
    )
    await settle()
    expect(cluster.messages()).toEqual({ asks: 2, answers: 2 })
    expect((await read(c)).value).toBe(1n)
  })

  test('with five members, too', async () => {
    const five = await MemberCluster.start(['a', 'b', 'c', 'd', 'e'])
    await read(five.nodes[0]!)
    await settle()
    expect(five.messages()).toEqual({ asks: 4, answers: 4 })
  })

  test('the only member asks nobody', async () => {
    const one = await MemberCluster.start(['a'])
    await one.nodes[0]!.count('k')
    expect((await read(one.nodes[0]!)).value).toBe(1n)
    expect(one.messages()).toEqual({ asks: 0, answers: 0 })
  })
})

describe('calls share', () => {
  test('100 reads of one key at once: the first has a round, and the others have one together', async () => {
    await Promise.all(Array.from({ length: 100 }, () => read(a)))
    await settle()
    expect(a.rounds[1]).toBe(2)
    expect(cluster.messages()).toEqual({ asks: 4, answers: 4 })
  })

  test('reads of 100 keys at once go in one message to each member', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => read(a, `k${i}`)))
    await settle()
    expect(a.rounds[1]).toBe(100)
    expect(cluster.messages()).toEqual({ asks: 2, answers: 2 })
  })

  test('what waits for all members keeps nobody waiting who needs a majority', async () => {
    const d = await MemberCluster.start(THREE, { others: ['d'] })
    const [, , silent, outside] = d.nodes as [ClusterNode, ClusterNode, ClusterNode, ClusterNode]
    silence(silent)
    let isAllDone = false
    const all = outside.quorum.read('k', 'all', forever).then(() => {
      isAllDone = true
    })
    expect((await d.finish(outside.quorum.read('k', 'quorum', forever))).value).toBe(0n)
    expect(isAllDone).toBe(false)
    speak(silent)
    await d.finish(all)
  })
})

describe('what members hold', () => {
  test('a read finds what a majority has acknowledged, wherever it is asked', async () => {
    for (const node of [a, b, c]) {
      await countStrongly(node)
      const readings = await Promise.all([a, b, c].map((one) => cluster.finish(read(one))))
      const values = readings.map(({ value }) => value)
      expect(new Set(values).size).toBe(1)
    }
    expect((await cluster.finish(read(b))).value).toBe(3n)
  })

  test('a read hands on what it shows: the next one sees it, though its writer is gone', async () => {
    await a.count('k')
    silence(c)
    expect((await cluster.finish(read(a))).value).toBe(1n)
    speak(c)
    silence(a)
    expect((await cluster.finish(read(c))).value).toBe(1n)
  })

  test('with all, every member has it in the end', async () => {
    await b.count('k')
    await cluster.finish(a.quorum.read('k', 'all', forever))
    await cluster.finish(b.quorum.spread('k', 'all', forever))
    expect(cluster.nodes.map(({ counter }) => counter.getValue('k'))).toEqual([1n, 1n, 1n])
  })
})

describe('members that abstain', () => {
  test('one of three is not needed', async () => {
    silence(c)
    await countStrongly(a)
    expect((await cluster.finish(read(b))).value).toBe(1n)
  })

  test('a member that abstains is asked again', async () => {
    silence(b)
    silence(c)
    await a.count('k')
    const spread = a.quorum.spread('k', 'quorum', forever)
    await cluster.clock.advance(250)
    expect(b.counter.getValue('k')).toBe(0n)
    speak(c)
    await cluster.finish(spread)
    expect(c.counter.getValue('k')).toBe(1n)
  })

  test('who may not vote itself asks the others, and takes its own vote once it may', async () => {
    silence(a)
    silence(b)
    const reading = read(a)
    await cluster.clock.advance(250)
    speak(a)
    expect((await cluster.finish(reading)).value).toBe(0n)
  })

  test('a read that is given up leaves the next one a free way', async () => {
    silence(a)
    silence(b)
    const given = new AbortController()
    const first = a.quorum.read('k', 'quorum', given.signal)
    await cluster.clock.advance(50)
    given.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    const second = read(a)
    speak(a)
    speak(b)
    expect((await cluster.finish(second)).value).toBe(0n)
  })
})

describe('those who have no vote', () => {
  test('have a member count and read for them', async () => {
    const four = await MemberCluster.start(THREE, { others: ['d'] })
    const d = four.nodes[3]!
    await d.count('k')
    await four.finish(d.quorum.spread('k', 'quorum', forever))
    expect((await four.finish(read(four.nodes[0]!))).value).toBe(1n)
    await four.nodes[1]!.count('k')
    await four.finish(four.nodes[1]!.quorum.spread('k', 'quorum', forever))
    expect((await four.finish(read(d))).value).toBe(2n)
    expect(d.counter.getValue('k')).toBe(2n)
  })

  test('are not told that members hold what another wrote before they do', async () => {
    const four = await MemberCluster.start(THREE, { others: ['d', 'e'] })
    const [, member, , d, e] = four.nodes as ClusterNode[]
    await e!.count('k')
    d!.counter.merge(e!.counter)
    let isSpread = false
    const spread = d!.quorum.spread('k', 'quorum', forever, ['e']).then(() => {
      isSpread = true
    })
    await four.clock.advance(1000)
    expect(isSpread).toBe(false)
    await four.finish(e!.quorum.spread('k', 'quorum', forever))
    await four.finish(spread)
    expect(member!.counter.getValue('k')).toBe(1n)
  })

  test('are not shown what a member has counted provisionally', async () => {
    const two = await MemberCluster.start(['a'], { others: ['d'], unproven: ['a'] })
    const [member, d] = two.nodes as [ClusterNode, ClusterNode]
    await member.count('k')
    let isRead = false
    const reading = read(d).then((found) => {
      isRead = true
      return found
    })
    await two.clock.advance(1000)
    expect(isRead).toBe(false)
    await member.journal.fold('a')
    member.membership.proven()
    expect(await two.finish(reading)).toEqual({ value: 1n, ops: 1 })
    // Nor is it in what comes after, unless it counts for all.
    expect((await two.finish(read(d))).value).toBe(1n)
  })
})

describe('what goes over a line', () => {
  const RECORDS = 1000

  test('a hot key with many live requests is never sent whole for one more', async () => {
    for (let i = 0; i < RECORDS; i++) await a.count('k', `early ${i}`)
    await cluster.finish(a.quorum.spread('k', 'all', forever))
    await settle()
    const whole = cluster.bytes()
    expect(whole).toBeGreaterThan(2 * RECORDS * 16)
    for (let i = 0; i < 3; i++) {
      cluster.messages()
      await a.count('k', `late ${i}`)
      await a.quorum.spread('k', 'quorum', forever)
      await settle()
      expect(cluster.messages()).toEqual({ asks: 2, answers: 2 })
      // Of each member: the id, the list, a key, a slot and one record; and an answer.
      expect(cluster.bytes()).toBe(102)
    }
    expect(c.counter.getValue('k')).toBe(BigInt(RECORDS + 3))
    await read(b)
    await settle()
    expect(cluster.bytes()).toBeLessThan(100)
  })

  test('who does not know what a member has of many asks first, and sends what is lacking', async () => {
    for (let i = 0; i < RECORDS; i++) await a.count('k', `early ${i}`)
    // By gossip, as it were.
    for (const other of [b, c]) other.counter.merge(a.counter)
    await a.count('k', 'late')
    await cluster.finish(a.quorum.spread('k', 'all', forever))
    await settle()
    expect(cluster.messages()).toEqual({ asks: 4, answers: 4 })
    expect(cluster.bytes()).toBeLessThan(250)
    expect(b.counter.getValue('k')).toBe(BigInt(RECORDS + 1))
  })

  test('a proposal of a read obeys the same', async () => {
    for (let i = 0; i < RECORDS; i++) await a.count('k', `early ${i}`)
    await cluster.finish(a.quorum.spread('k', 'all', forever))
    await settle()
    cluster.bytes()
    await a.count('k', 'late')
    expect((await cluster.finish(read(a))).value).toBe(BigInt(RECORDS + 1))
    await settle()
    // Two rounds: the first names the slot, and the second brings the one record.
    expect(cluster.bytes()).toBeLessThan(220)
    await b.count('k', 'other')
    // Whoever answers with more sends no more than the one record either.
    await cluster.finish(c.quorum.read('k', 'all', forever))
    expect(c.counter.getValue('k')).toBe(BigInt(RECORDS + 2))
    await settle()
    expect(cluster.bytes()).toBeLessThan(600)
  })

  test('and so does what is asked by those who have no vote', async () => {
    const four = await MemberCluster.start(THREE, { others: ['d'] })
    const d = four.nodes[3]!
    for (let i = 0; i < RECORDS; i++) await d.count('k', `early ${i}`)
    await four.finish(d.quorum.spread('k', 'all', forever))
    await settle()
    four.bytes()
    await d.count('k', 'late')
    await four.finish(d.quorum.spread('k', 'all', forever))
    await settle()
    expect(four.bytes()).toBeLessThan(1000)
    expect((await four.finish(read(d))).value).toBe(BigInt(RECORDS + 1))
    await settle()
    expect(four.bytes()).toBeLessThan(600)
  })
})

describe('contention', () => {
  /** A read that insists first of all (docs/consistency.md). */
  const atMost = (members: number): number => 4 + Math.floor((members - 1) / 2)
  /** One that has let all others go before it. */
  const atMostLast = (members: number): number => 2 + members * (2 + Math.floor((members - 1) / 2))

  const tally = (nodes: readonly ClusterNode[]): Record<number, number> => {
    const counts: Record<number, number> = {}
    for (const { rounds: taken } of nodes)
      taken.forEach((count, rounds) => {
        counts[rounds] = (counts[rounds] ?? 0) + count
      })
    return counts
  }
  const most = (nodes: readonly ClusterNode[]): number =>
    Math.max(...Object.keys(tally(nodes)).map(Number))

  /** Every member counts on the key, every millisecond, for as long as it is asked to. */
  const stream = (slow: MemberCluster): (() => void) => {
    let isOver = false
    const next = (): void => {
      if (isOver) return
      for (const node of slow.nodes) void node.count('k')
      slow.clock.after(1, next)
    }
    next()
    return () => {
      isOver = true
    }
  }

  const readOften = async (node: ClusterNode, reads: number): Promise<void> => {
    let last = 0n
    for (let i = 0; i < reads; i++) {
      const { value } = await read(node)
      expect(value).toBeGreaterThanOrEqual(last)
      last = value
    }
  }

  /** Readers at some members, and at all of them one increment after the other with a strong ack. */
  const contend = async (slow: MemberCluster, readers: number, reads: number) => {
    const end = stream(slow)
    let isOver = false
    const counting = slow.nodes.map(async (node) => {
      let counted = 0
      for (; !isOver; counted++) await countStrongly(node)
      return counted
    })
    const reading = Promise.all(slow.nodes.slice(-readers).map((node) => readOften(node, reads)))
    await slow.finish(reading)
    isOver = true
    end()
    return slow.finish(Promise.all(counting))
  }

  test('under a stream of local increments at all members, a read takes two rounds', async () => {
    const slow = await MemberCluster.start(THREE, { latencyMs: 5 })
    const end = stream(slow)
    await slow.finish(readOften(slow.nodes[0]!, 50))
    end()
    expect(most(slow.nodes)).toBe(2)
  })

  const SEEDS = 4
  const runs = (size: number, readers: number, reads: number) => async () => {
    const all: Record<number, number> = {}
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed)
      const ids = Array.from({ length: size }, (_, at) => 'abcde'[at]!)
      // Most are fast, and some are late: that is when members see things in different orders.
      const latency = (): number => (random(4) === 0 ? random(40) : 1 + random(4))
      const slow = await MemberCluster.start(ids, { latency })
      const counted = await contend(slow, readers, reads)
      for (const [rounds, count] of Object.entries(tally(slow.nodes)))
        all[+rounds] = (all[+rounds] ?? 0) + count
      const limit = readers === 1 ? atMost(size) : atMostLast(size)
      expect(most(slow.nodes), `seed ${seed}`).toBeLessThanOrEqual(limit)
      // Nor do readers keep increments from ending.
      expect(Math.min(...counted), `seed ${seed}`).toBeGreaterThan(reads / 4)
    }
    console.log(`rounds of ${readers} of ${size} members that read: ${JSON.stringify(all)}`)
  }

  test('one reader beside strong increments at three members: 5 rounds', runs(3, 1, 40))
  test('and at five: 6 rounds', runs(5, 1, 20))
  test('readers at all three members beside strong increments: 11 rounds', runs(3, 3, 25))
  test('and at all five: 22 rounds', runs(5, 5, 10))
})
