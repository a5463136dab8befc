// Moments at which what failed before may work now: the tab or its machine slept, or the network came back.

/** A timer that comes this much late was not late: the machine slept, or the tab was frozen. */
const SLEPT_MS = 10_000
const LOOK_MS = 5_000

/** Calls `wake` at each such moment. Returns what ends that. */
export function onWakeUp(wake: () => void): () => void {
  const whenVisible = (): void => {
    if (!document.hidden) wake()
  }
  let looked = Date.now()
  const timer = setInterval(() => {
    // By the wall clock: others stand still while a machine sleeps. It decides nothing but a dial.
    const slept = Date.now() - looked > LOOK_MS + SLEPT_MS
    looked = Date.now()
    if (slept) wake()
  }, LOOK_MS)
  addEventListener('online', wake)
  addEventListener('pageshow', wake)
  document.addEventListener('resume', wake)
  document.addEventListener('visibilitychange', whenVisible)
  return () => {
    clearInterval(timer)
    removeEventListener('online', wake)
    removeEventListener('pageshow', wake)
    document.removeEventListener('resume', wake)
    document.removeEventListener('visibilitychange', whenVisible)
  }
}
