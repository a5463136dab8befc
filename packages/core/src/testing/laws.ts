// The laws of a join-semilattice, written once for everything that joins.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** Something that joins. */
export interface Lattice<T> {
  /** Elements that meet often: few names, small numbers. */
  readonly element: fc.Arbitrary<T>
  /** Makes a new element, and leaves both as they are. */
  readonly join: (a: T, b: T) => T
  /** What two equal elements have in common, for `toEqual`. */
  readonly view: (element: T) => unknown
}

/** Shapiro et al., RR-7506, section 2.3: with these, replicas that saw the same are the same. */
export const itIsALattice = <T>(name: string, { element, join, view }: Lattice<T>): void => {
  const holds = (arity: number, law: (a: T, b: T, c: T) => readonly [T, T]): void => {
    const elements = fc.array(element, { minLength: arity, maxLength: arity })
    fc.assert(
      fc.property(elements, ([a, b, c]) => {
        const [left, right] = law(a!, b!, c!)
        expect(view(left)).toEqual(view(right))
      }),
    )
  }
  describe(`${name} is a lattice`, () => {
    it('joins in any order', () => holds(2, (a, b) => [join(a, b), join(b, a)]))
    it('joins in any grouping', () =>
      holds(3, (a, b, c) => [join(join(a, b), c), join(a, join(b, c))]))
    it('joins itself to itself', () => holds(1, (a) => [join(a, a), a]))
    it('takes nothing away', () => holds(2, (a, b) => [join(a, join(a, b)), join(a, b)]))
  })
}
