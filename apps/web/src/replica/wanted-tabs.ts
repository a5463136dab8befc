// Which of the other tabs this one is to be linked to. No network in here.

/**
 * As in Chord (Stoica et al., SIGCOMM 2001): all tabs in a ring by id, and from each to those 1, 2, 4, 8 …
 * places on. So any two are at most log n links apart, and the loss of a few cuts nobody off. With up to
 * five tabs all are linked. Both ends of a link come to the same answer, and nobody has to be asked.
 *
 * @param self this tab's peer id
 * @param others peer ids
 */
export function wantedTabs(self: string, others: Iterable<string>): Set<string> {
  const ring = [...new Set([...others, self])].sort()
  const wanted = new Set<string>()
  const at = ring.indexOf(self)
  for (let step = 1; step < ring.length; step *= 2) {
    wanted.add(ring[(at + step) % ring.length]!)
    wanted.add(ring[(at - step + ring.length) % ring.length]!)
  }
  wanted.delete(self)
  return wanted
}
