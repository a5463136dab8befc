// Where two disks hold different operations under one number of one replica id.

/** Operations that a process recorded under a replica id in one commit. */
export interface Written {
  readonly replica: string
  /** The node whose disk took it. */
  readonly node: string
  /** The interval of operation numbers: above `from`, up to `to`. */
  readonly from: number
  readonly to: number
  /** The increments, by key and digit. */
  readonly names: ReadonlySet<string>
  readonly keys: ReadonlySet<string>
}

/** What is known of forks in a run. */
export class Forks {
  /** From which operation number on. */
  readonly #from = new Map<string, number>()
  readonly #written = new Map<string, Written[]>()

  note(replica: string, from: number): void {
    this.#from.set(replica, Math.min(from, this.#from.get(replica) ?? from))
  }

  has(replica: string): boolean {
    return this.#from.has(replica)
  }

  wrote(written: Written): void {
    this.of(written.replica).push(written)
  }

  of(replica: string): Written[] {
    const known = this.#written.get(replica) ?? []
    this.#written.set(replica, known)
    return known
  }

  /** It is nowhere any more: another may take its place. */
  forget(written: Written): void {
    const all = this.of(written.replica)
    all.splice(all.indexOf(written), 1)
  }

  replicas(): string[] {
    return [...this.#from.keys()]
  }

  /** Keys that either branch of a fork has written. */
  keys(): Set<string> {
    const keys = new Set<string>()
    for (const [replica, from] of this.#from)
      for (const written of this.of(replica))
        if (written.to > from) for (const key of written.keys) keys.add(key)
    return keys
  }
}
