// Which checkers watch a run.
import type { MakeChecker } from '../checker.ts'
import { CUTTING_FAULTS, DAMAGING_FAULTS } from '../faults.ts'
import { Forks } from '../forks.ts'
import type { Plan } from '../plan.ts'
import { eachOnce } from './each-once.ts'
import { equalRoots } from './equal-roots.ts'
import { equalValues } from './equal-values.ts'
import { linearizable } from './linearizable.ts'
import { neverBack } from './never-back.ts'
import { nothingLost } from './nothing-lost.ts'
import { nothingTwice } from './nothing-twice.ts'
import { nothingUndurable } from './nothing-undurable.ts'
import { oneWriter } from './one-writer.ts'
import { provisionalUnseen } from './provisional-unseen.ts'
import { quietWhenIdle } from './quiet-when-idle.ts'
import { strongCallsEnd } from './strong-calls-end.ts'
import { vectorsHold } from './vectors-hold.ts'

const convergence: readonly MakeChecker[] = [equalRoots, equalValues, neverBack, quietWhenIdle]

/** For runs in which no replica id goes back in time or has two writers. */
const exact: readonly MakeChecker[] = [
  ...convergence,
  nothingUndurable,
  nothingLost,
  nothingTwice,
  linearizable,
  strongCallsEnd,
]

/** For runs in which some do, and each amount tells which increment it is. */
const byDigits = ({ faults }: Plan): readonly MakeChecker[] => {
  const forks = new Forks()
  const isDamaged = faults.some((fault) => DAMAGING_FAULTS.has(fault))
  const mayFork =
    faults.includes('copied-disk') && faults.some((fault) => CUTTING_FAULTS.has(fault))
  const checkers = [
    ...convergence,
    nothingUndurable,
    oneWriter(forks, mayFork),
    eachOnce(forks, isDamaged),
  ]
  // Where its disk refuses to note that the epoch is its own now, it goes on under it all the same.
  return faults.includes('refusing-disk') ? checkers : [...checkers, provisionalUnseen]
}

export const checkersOf = (plan: Plan): readonly MakeChecker[] => {
  const { faults, isExact, hasDigits } = plan
  if (hasDigits) return byDigits(plan)
  if (!isExact) return convergence
  // A damaged slot leaves a vector that claims it, until a descent brings it back.
  const isDamaged = faults.some((fault) => DAMAGING_FAULTS.has(fault))
  return isDamaged ? exact : [...exact, vectorsHold]
}
