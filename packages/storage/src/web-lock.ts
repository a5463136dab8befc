// A Web Lock that is held from one call to another.

/** Lets go of a lock. Safe to call twice. */
export type Release = () => void

/** Takes the lock if nobody has it; nothing if somebody has. Needs `navigator.locks`. */
export const holdLock = (name: string): Promise<Release | undefined> =>
  new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) return resolve(undefined)
        // The lock is held until this promise settles.
        const { promise, resolve: release } = Promise.withResolvers<void>()
        resolve(release)
        return promise
      })
      .catch(reject)
  })
