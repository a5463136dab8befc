// Who may hand on whose slots.

/** The peer that a replica belongs to: its id, less the tag of its epoch. */
export const peerOf = (replica: string): string => {
  const dot = replica.indexOf('.')
  return dot === -1 ? replica : replica.slice(0, dot)
}

/**
 * Whether `peer` may hand on slots of `replica`. With no members, any admitted peer may hand on
 * anyone's. With members, members may; others only their own (DESIGN section 5).
 */
export const mayHandOn = (peer: string, replica: string, members: readonly string[]): boolean =>
  members.length === 0 || members.includes(peer) || peerOf(replica) === peer
