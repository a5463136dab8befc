// A mistake in how the command was called: exit code 2, as opposed to 1 for work that failed.
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UsageError'
  }
}
