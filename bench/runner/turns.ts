// Times, on machines that are noisy: what is compared takes turns, and the middle of many rounds counts.

/** The middle value; of an even number, the mean of the two in the middle. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** What is timed. What it returns is the time in ms, where not all of it is to be counted. */
export type Work = (round: number) => void | number | Promise<void | number>

/** The median time of each, in ms. */
export type Times<Name extends string> = Readonly<Record<Name, number>>

/**
 * Runs each in turn, A B A B, for so many rounds after one that does not count.
 *
 * @param note called before each round
 */
export const inTurns = async <Name extends string>(
  works: Readonly<Record<Name, Work>>,
  rounds: number,
  note: (round: string) => void = () => {},
): Promise<Times<Name>> => {
  const names = Object.keys(works) as Name[]
  const times = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    note(round === 0 ? 'warming up' : `round ${round} of ${rounds}`)
    for (const name of names) {
      const ms = await timed(works[name], round)
      if (round > 0) times.get(name)!.push(ms)
    }
  }
  const medians = names.map((name) => [name, median(times.get(name)!)] as const)
  return Object.fromEntries(medians) as Times<Name>
}

const timed = async (work: Work, round: number): Promise<number> => {
  const startedAt = performance.now()
  const counted = await work(round)
  return counted ?? performance.now() - startedAt
}

/** For work that prepares before, or checks after, what is to be counted. */
export const timeOf = async (work: () => unknown): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
