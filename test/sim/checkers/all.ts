// Which checkers watch a run.
import type { MakeChecker } from '../checker.ts'
import { DAMAGING_FAULTS } from '../faults.ts'
import type { Plan } from '../plan.ts'
import { equalRoots } from './equal-roots.ts'
import { equalValues } from './equal-values.ts'
import { neverBack } from './never-back.ts'
import { nothingLost } from './nothing-lost.ts'
import { nothingTwice } from './nothing-twice.ts'
import { nothingUndurable } from './nothing-undurable.ts'
import { quietWhenIdle } from './quiet-when-idle.ts'
import { vectorsHold } from './vectors-hold.ts'

const convergence: readonly MakeChecker[] = [equalRoots, equalValues, neverBack, quietWhenIdle]

/** For runs in which no replica id goes back in time or has two writers. */
const exact: readonly MakeChecker[] = [...convergence, nothingUndurable, nothingLost, nothingTwice]

export const checkersOf = ({ faults, isExact }: Plan): readonly MakeChecker[] => {
  if (!isExact) return convergence
  // A damaged slot leaves a vector that claims it, until a descent brings it back.
  const isDamaged = faults.some((fault) => DAMAGING_FAULTS.has(fault))
  return isDamaged ? exact : [...exact, vectorsHold]
}
