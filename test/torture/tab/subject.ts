// What a torture of tabs needs of the page that it tortures.
import type { Page } from 'playwright-core'
import type { Ending } from './profile.ts'

export interface PlannedIncrement {
  /** Its place in the plan. */
  readonly at: number
  readonly key: string
  /** Decimal. */
  readonly amount: string
  readonly requestId?: string | undefined
}

export interface ShownCounter {
  readonly key: string
  /** Decimal. */
  readonly value: string
  readonly ops?: number
}

/** What the page tells the moment it knows: what it shows, and which increment of the plan that answers. */
export type TabReport =
  | (ShownCounter & { readonly at?: number })
  | { readonly at?: number; readonly error: string }

export interface Subject extends AsyncDisposable {
  /** Keys to count at. */
  readonly names: readonly string[]
  /** Whether it takes request ids. */
  readonly requestIds: boolean
  /** How it may end; what stands there more often is chosen more often. */
  readonly endings: readonly Ending[]
  /** Goes there, and resolves once the tab's replica runs. `report` is bound by then. */
  open(page: Page): Promise<void>
  /** Counts by the plan, and reports; may go on when it resolves. */
  count(page: Page, plan: readonly PlannedIncrement[]): Promise<void>
  list(page: Page): Promise<readonly ShownCounter[]>
}
