// What the page is told of its replica: one plain value, replaced whole whenever something in it moves.
import type { CounterService } from '@tallymesh/sync'

/** How far the replica is. */
export type Phase =
  /** Nothing is known of the peer that serves this page yet: the very first visit, and it is down. */
  | 'asking'
  /** Identity and store are being opened. */
  | 'opening'
  /** Counting works (unless `storage` says otherwise). */
  | 'running'
  /** It could not start: `failure` says why, in words for a person. */
  | 'failed'

/** Which replica this tab is. */
export interface TabIdentity {
  readonly replica: string
  readonly peerId: string
  /** Its place in the pool of this origin and namespace; null where it is in memory only. */
  readonly number: number | null
  /**
   * `held`: this tab alone writes under the id. `lost`: another tab has taken it while this one was
   * asleep, which can only be where there are no Web Locks; nothing can be counted here until a reload.
   * `memory`: nothing is kept (`storage` says why), so the id is this tab's own, and gone with it.
   */
  readonly lease: 'held' | 'lost' | 'memory'
}

/**
 * How the store is. All but `ok` and `memory` refuse increments. What was acknowledged is still held in
 * memory, and goes out as long as the tab is open.
 */
export type StorageCondition =
  | 'ok'
  /** Nothing is kept when this tab closes: this browser has no IndexedDB, or not for this page. */
  | 'memory'
  /** No room: the browser refused a commit. The next one may succeed. */
  | 'full'
  /** Another page keeps the database from being opened. */
  | 'blocked'
  /**
   * The database was deleted, or the site's data cleared, under the running tab: increments that are not
   * sent yet are in this tab alone.
   */
  | 'deleted'
  /** The browser closed the database, or another tab took it (then `identity.lease` is `lost`). */
  | 'closed'
  /** Any other refusal. */
  | 'refused'

export interface TabStorage {
  readonly condition: StorageCondition
  /** What the browser said, where it refused or keeps nothing; null where there is no more to say. */
  readonly detail: string | null
  /** Whether the browser has promised not to evict it; null where it can't be known. */
  readonly persistent: boolean | null
}

/** A peer that this tab is connected to, and that speaks the protocol. */
export interface TabLink {
  /** Its peer id. */
  readonly peer: string
  readonly kind: 'node' | 'tab'
  /** `relay` is a link through a Node peer, until the direct one stands. */
  readonly via: 'websocket' | 'webrtc' | 'relay'
  /** Operations that one side held and the other did not, at the last comparison; null before one. */
  readonly lag: number | null
  readonly roundTripMs: number | null
  /** When it came up: milliseconds since 1970, by this machine's clock. For show only. */
  readonly since: number
}

export interface TabState {
  readonly phase: Phase
  /** Why it could not start, where `phase` is `failed`. */
  readonly failure: string | null
  /**
   * Whether this is a secure context. Without one (plain HTTP off this machine) counts are kept all the
   * same; but there are no Web Locks, so a tab that is asleep may lose its place to another
   * (`identity.lease`), the browser can't be asked to keep the data, and with no service worker the page
   * does not open while its peer is down.
   */
  readonly secure: boolean
  readonly namespace: string | null
  /** The namespace that the serving peer has now, where it is another than the one shown. */
  readonly otherNamespace: string | null
  readonly identity: TabIdentity | null
  readonly storage: TabStorage
  /** The switch: true while this tab keeps itself off the network. */
  readonly offline: boolean
  /** Off by the switch, but for links that are being closed yet: what is counted now may still get out. */
  readonly leaving: boolean
  /** Whether the first attempt to reach anyone has not ended yet. */
  readonly connecting: boolean
  readonly links: readonly TabLink[]
  /** Whether any peer has been compared with since the start, so that what it holds is shown. */
  readonly compared: boolean
  /** This tab's own increments that no peer is known to hold; some of the last may have arrived. */
  readonly unsent: number
}

/** A tab's replica, as the page drives it. Made by `startTabReplica` (tab-replica.ts). */
export interface TabReplica {
  /** As it is now. */
  readonly state: TabState
  /** The live replica, from phase `running` on. */
  readonly service: CounterService | undefined
  /** Calls back on every change, not at once; returns what ends that. */
  watch(listener: (state: TabState) => void): () => void
  /** Takes this tab off the network (all links are closed, none is made), or back on it. */
  setOffline(offline: boolean): Promise<void>
  /** Lets go of everything. */
  stop(): Promise<void>
}

export const FIRST_STATE: TabState = {
  phase: 'opening',
  failure: null,
  secure: true,
  namespace: null,
  otherNamespace: null,
  identity: null,
  storage: { condition: 'ok', detail: null, persistent: null },
  offline: false,
  leaving: false,
  connecting: true,
  links: [],
  compared: false,
  unsent: 0,
}
