// Who is in sync stays near silent: in every run, some time in which nothing was asked for is watched.
import type { MakeChecker } from '../checker.ts'

/** The bytes of streams that one node may send in a second while all are equal (issue 3). */
export const IDLE_BYTES_PER_SECOND = 200
/** Of so many at most: a member of more keeps a line to each, and sends them that much more. */
const IDLE_NODES = 20

const SETTLE_MS = 5000

export const quietWhenIdle: MakeChecker = (cluster, violate) => {
  let since = 0
  let mayForget = false
  const before = new Map<string, number>()
  const published = new Map<string, number>()
  const begin = (): void => {
    since = cluster.timeline.now
    // A floor that is due later is a write of its owner, of which it tells.
    mayForget = cluster.mayForget
    for (const { name } of cluster.nodes) {
      before.set(name, cluster.traffic.of(name).streamBytes)
      published.set(name, cluster.traffic.of(name).published)
    }
  }
  return {
    name: 'quiet-when-idle',
    // What was under way comes to its end first.
    healed: () => void cluster.timeline.after(SETTLE_MS, begin),
    idled: () => {
      const seconds = (cluster.timeline.now - since) / 1000
      const most = IDLE_BYTES_PER_SECOND * Math.max(1, cluster.nodes.length / IDLE_NODES)
      for (const { name } of cluster.nodes) {
        const sent = cluster.traffic.of(name).streamBytes - before.get(name)!
        if (sent / seconds > most) violate(`${name} sent ${sent} bytes in ${seconds} idle seconds`)
        // Who meets more of its own than it knew tells of it.
        if (
          cluster.isExact &&
          !mayForget &&
          cluster.traffic.of(name).published > published.get(name)!
        )
          violate(`${name} published though nothing was written`)
      }
    },
  }
}
