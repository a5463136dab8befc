// What a peer answers who is asked how it is.
import type { ServiceStatus } from '@tallymesh/sync'

export interface StatusReply extends Omit<ServiceStatus, 'limited'> {
  /** A peer of an older version does not tell. */
  readonly limited?: ServiceStatus['limited']
  readonly http: string
  readonly listen: readonly string[]
  readonly version: string
  readonly uptimeMs: number
}
