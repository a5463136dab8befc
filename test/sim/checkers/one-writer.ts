// Nobody writes under operation numbers that others know, and two never write under the same.
import { peerOf } from '../../../packages/sync/src/handing-on.ts'
import type { StoreBatch } from '@tallymesh/storage'
import type { MakeChecker } from '../checker.ts'
import type { SimDisk } from '../disk.ts'
import { namesIn } from '../digits.ts'
import type { Forks, Written } from '../forks.ts'
import type { SimNode } from '../sim-node.ts'
import { DurableSeqs } from './durable.ts'

/** Increments that came into a slot. */
interface Gained {
  readonly replica: string
  readonly key: string
  readonly seq: number
  readonly names: readonly string[]
  /** The slot as it stands. */
  readonly version: string
}

/** A disk, followed: how far each replica has come there, and what is in its slots. */
class Followed {
  readonly seqs: DurableSeqs
  /** The names of what is in each slot, by replica and key. */
  readonly #held = new Map<string, Map<string, ReadonlySet<string>>>()

  constructor(disk: Pick<SimDisk, 'records'>) {
    this.seqs = new DurableSeqs({ records: new Map() })
    const put = [...disk.records].map(([id, bytes]) => ({ id, bytes }))
    this.take({ put: put.sort((a, b) => (a.id < b.id ? -1 : 1)), delete: [] })
  }

  /** Takes note of a batch, and returns what came into each slot with it. */
  take(batch: StoreBatch): Gained[] {
    return this.seqs.take(batch).map(({ replica, key, seq, total }) => {
      const byKey = this.#held.get(replica) ?? new Map<string, ReadonlySet<string>>()
      this.#held.set(replica, byKey)
      const before = byKey.get(key)
      const names = namesIn(key, BigInt(total))
      byKey.set(key, new Set(names))
      return {
        replica,
        key,
        seq,
        names: names.filter((name) => before?.has(name) !== true),
        version: `${replica} ${key} ${seq} ${total}`,
      }
    })
  }

  /** Whether a slot of another id of the same peer has it. */
  holdsBeside(replica: string, key: string, name: string): boolean {
    return [...this.#held].some(
      ([other, byKey]) =>
        other !== replica &&
        peerOf(other) === peerOf(replica) &&
        byKey.get(key)?.has(name) === true,
    )
  }

  holdsAny({ replica, names, keys }: Written): boolean {
    const byKey = this.#held.get(replica)
    if (byKey === undefined) return false
    return [...keys].some((key) => {
      const held = byKey.get(key)
      return held !== undefined && [...names].some((name) => held.has(name))
    })
  }
}

/** Why a replica goes on under a new id when another has written under its own. */
const FORK_REASONS = /had not written|knows more|another living process/

/**
 * @param mayFork whether two processes under one peer id may each be out of the members' sight for a while
 */
export const oneWriter =
  (forks: Forks, mayFork: boolean): MakeChecker =>
  (cluster, violate) => {
    const disks = new Map<SimNode, Followed>()
    /** What the others' disks told when the process of a node had started, less those changed since. */
    const atStart = new Map<SimNode, Map<SimNode, ReadonlyMap<string, number>>>()
    /** Every slot that was ever on a disk, as it stood: what is not among them was written just now. */
    const seen = new Set<string>()
    /** Nodes, and ids of theirs under which slots came in that they had not written. */
    const overtaken = new Set<string>()
    /** Peers of whom it was told that they are, or were, two. */
    const reported = new Set<string>()

    const diskOf = (node: SimNode): Followed => {
      const followed = disks.get(node) ?? new Followed(node.disk)
      disks.set(node, followed)
      return followed
    }

    const others = (node: SimNode): SimNode[] =>
      cluster.nodes.filter(({ peer }) => peer !== node.peer)

    const wrote = (node: SimNode, batch: StoreBatch): void => {
      const followed = diskOf(node)
      const before = followed.seqs.copy()
      const byReplica = new Map<string, Gained[]>()
      for (const gained of followed.take(batch))
        if (peerOf(gained.replica) === node.peer)
          byReplica.set(gained.replica, [...(byReplica.get(gained.replica) ?? []), gained])
      for (const [replica, slots] of byReplica) {
        const own = slots.filter(({ version }) => !seen.has(version))
        const isOvertaken = slots.some(
          ({ key, names, version }) =>
            seen.has(version) &&
            // What was provisional may be folded twice, after a backup of that time was put back.
            names.some((name) => !followed.holdsBeside(replica, key, name)),
        )
        for (const { version } of own) seen.add(version)
        if (own.length > 0)
          check(node, {
            replica,
            node: node.name,
            from: before.get(replica) ?? 0,
            to: Math.max(...own.map(({ seq }) => seq)),
            names: new Set(own.flatMap(({ names }) => names)),
            keys: new Set(own.map(({ key }) => key)),
          })
        if (isOvertaken) overtaken.add(`${node.name} ${replica}`)
      }
    }

    const check = (node: SimNode, written: Written): void => {
      const { replica, from } = written
      // Which key a short name means may be another in its other branch.
      if (forks.has(replica)) return forks.wrote(written)
      if (overtaken.has(`${node.name} ${replica}`))
        violate(`${node.name} wrote under ${replica}, of which it had met what it had not written`)
      for (const [other, seqs] of atStart.get(node) ?? []) {
        const told = Math.min(seqs.get(replica) ?? 0, diskOf(other).seqs.of(replica))
        if (told > from)
          violate(
            `${node.name} wrote under ${replica} above ${from}, and the disk of ${other.name} had ` +
              `told of ${told} since it started`,
          )
      }
      for (const rival of forks.of(replica).filter(({ to }) => to > from)) {
        if (![...disks].some(([other, disk]) => other !== node && disk.holdsAny(rival)))
          forks.forget(rival)
        else if (mayFork) forks.note(replica, from)
        else
          violate(
            `${node.name} wrote under ${replica} above ${from}, as ${rival.node} had above ${rival.from}`,
          )
      }
      forks.wrote(written)
    }

    return {
      name: 'one-writer',
      logged: (node, message, { replicas, reason }) => {
        if (message === 'two writers used one replica id')
          for (const replica of replicas as string[]) reported.add(peerOf(replica))
        else if (typeof reason === 'string' && FORK_REASONS.test(reason)) reported.add(node.peer)
      },
      healed: () => {
        for (const replica of forks.replicas())
          if (!reported.has(peerOf(replica)))
            violate(`two wrote under ${replica}, and nobody was told`)
      },
      started: (node) => {
        disks.set(node, new Followed(node.disk))
        node.disk.watchers.set('one-writer', (batch) => wrote(node, batch))
        atStart.set(
          node,
          new Map(others(node).map((other) => [other, diskOf(other).seqs.copy()] as const)),
        )
      },
      tampered: (node) => {
        for (const entry of overtaken)
          if (entry.startsWith(`${node.name} `)) overtaken.delete(entry)
        disks.set(node, new Followed(node.disk))
        for (const seqs of atStart.values()) seqs.delete(node)
      },
    }
  }
