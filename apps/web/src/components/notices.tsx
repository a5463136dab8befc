// What a person should know before they rely on this tab.
import type { ComponentChildren, JSX } from 'preact'
import { plural } from '../state-words.ts'
import { tab } from '../state.ts'
import { storageAdvice } from '../storage-words.ts'

interface NoticeProps {
  readonly urgent?: boolean
  readonly action?: string
  readonly children: ComponentChildren
}

function Notice({ urgent = false, action, children }: NoticeProps): JSX.Element {
  return (
    <div class={urgent ? 'notice notice-urgent' : 'notice'} role={urgent ? 'alert' : undefined}>
      <p>{children}</p>
      {action !== undefined && (
        <button type="button" class="button" onClick={() => location.reload()}>
          {action}
        </button>
      )}
    </div>
  )
}

function StorageNotice(): JSX.Element | null {
  const { storage, identity } = tab.value
  const advice = storageAdvice(tab.value)
  // Of a lease that is lost there is a notice already.
  if (advice === null || identity?.lease === 'lost') return null
  return (
    <Notice urgent action="Reload">
      {advice}
      {storage.detail !== null && (
        <small class="notice-detail">The browser says: {storage.detail}</small>
      )}
    </Notice>
  )
}

/** Where nothing is kept, and why. */
function MemoryNotice(): JSX.Element | null {
  const { storage, secure, unsent } = tab.value
  if (storage.condition !== 'memory') return null
  const waiting = unsent > 0 ? ` Now ${plural(unsent, 'increment waits', 'increments wait')}.` : ''
  return (
    <Notice>
      {secure
        ? 'This browser lets the page save nothing (a private window, perhaps).'
        : 'At this address, which is not secure (plain http), the browser lets the page save nothing.'}{' '}
      Counting works, but what is counted here is kept only by the peers it reaches: leave the tab
      open until all is sent.{waiting}
    </Notice>
  )
}

/** What does not work over plain HTTP, where the rest does. */
function InsecureNotice(): JSX.Element | null {
  const { storage, secure, phase } = tab.value
  if (secure || phase !== 'running' || storage.condition === 'memory') return null
  return (
    <Notice>
      This address is not secure (plain http). Counts are kept in this browser, but the page can’t
      open while its peer is down, the browser may clear what it keeps when it runs out of room, and
      a tab that was asleep may have to be reloaded, as another may count in its place by then.
    </Notice>
  )
}

export function Notices(): JSX.Element {
  const { phase, failure, identity, namespace, otherNamespace } = tab.value
  return (
    <>
      {phase === 'failed' && (
        <Notice urgent action="Try again">
          {failure}
        </Notice>
      )}
      {identity?.lease === 'lost' && (
        <Notice urgent action="Reload">
          While this tab was asleep, another one came to count in its place. What it had counted is
          kept. Reload to go on.
        </Notice>
      )}
      <StorageNotice />
      <MemoryNotice />
      <InsecureNotice />
      {otherNamespace !== null && (
        <Notice action={`Show “${otherNamespace}”`}>
          The peer at this address now counts for “{otherNamespace}”; this tab shows “{namespace}”.
        </Notice>
      )}
    </>
  )
}
