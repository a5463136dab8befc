// Web Locks, as leases are made of them.

/** Lets go of a lock. Safe to call twice. */
export type Release = () => void

/** Takes the lock as `options` say, and holds it till it is released or the tab is gone. */
export function holdLock(name: string, options: LockOptions): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, options, (lock) => {
        if (lock === null) return resolve(undefined)
        // The lock is held until this promise settles.
        const { promise, resolve: release } = Promise.withResolvers<void>()
        resolve(release)
        return promise
      })
      .catch((error: unknown) => {
        const timedOut = error instanceof DOMException && error.name === 'TimeoutError'
        return timedOut ? resolve(undefined) : reject(error)
      })
  })
}
