// Version vectors: how much of each replica's writing is held.

/**
 * `vector.get(r)` is the operation number up to which everything that replica `r` wrote is held; 0
 * where `r` is not named (Parker et al., IEEE TSE 1983).
 */
export type VersionVector = ReadonlyMap<string, number>
