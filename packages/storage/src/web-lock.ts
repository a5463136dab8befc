// A Web Lock that is held from one call to another.

/** Lets go of a lock. Safe to call twice. */
export type Release = () => void

/**
 * Takes the lock, and holds it till it is released or the page is gone. Needs `navigator.locks`.
 *
 * @param options if nobody has it, unless they say otherwise
 * @returns nothing where somebody has it, or the signal's time is over
 */
export const holdLock = (
  name: string,
  options: LockOptions = { ifAvailable: true },
): Promise<Release | undefined> =>
  new Promise((resolve, reject) => {
    navigator.locks
      .request(name, options, (lock) => {
        if (lock === null) return resolve(undefined)
        // The lock is held until this promise settles.
        const { promise, resolve: release } = Promise.withResolvers<void>()
        resolve(release)
        return promise
      })
      .catch((error: unknown) => {
        const isTimeout = error instanceof DOMException && error.name === 'TimeoutError'
        return isTimeout ? resolve(undefined) : reject(error)
      })
  })
