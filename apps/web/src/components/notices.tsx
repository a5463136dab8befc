// What a person should know before they rely on this tab.
import type { JSX } from 'preact'
import { facts, keptInMemoryOnly, namespace, otherNamespace } from '../state.ts'

const reload = (): void => location.reload()

function ReloadButton({ children }: { children: string }): JSX.Element {
  return (
    <button type="button" class="button" onClick={reload}>
      {children}
    </button>
  )
}

export function Notices(): JSX.Element {
  return (
    <>
      {facts.value.phase === 'failed' && (
        <div class="notice" role="alert">
          <p>{facts.value.failure}</p>
          <ReloadButton>Try again</ReloadButton>
        </div>
      )}
      {keptInMemoryOnly.value && (
        <div class="notice">
          <p>
            This address is not secure (plain http), so the browser lets the page save nothing. What
            is counted here is kept only by the peers it reaches: leave the tab open until all is
            sent.
          </p>
        </div>
      )}
      {otherNamespace.value !== undefined && (
        <div class="notice">
          <p>
            The peer at this address now counts for “{otherNamespace.value}”; this tab shows “
            {namespace.value}”.
          </p>
          <ReloadButton>{`Show “${otherNamespace.value}”`}</ReloadButton>
        </div>
      )}
    </>
  )
}
