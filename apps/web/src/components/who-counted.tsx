// Who counted how much, with a bar for each.
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { formatInteger, formatSigned, shortenInteger } from '../amount.ts'
import { countedBy, type Share } from '../counted-by.ts'
import { kinds, learnKinds } from '../network/kinds.ts'
import { nameReplica } from '../network/names.ts'
import { survey, type SurveyedPeer } from '../network/survey.ts'
import { plural } from '../state-words.ts'
import { counters, service, tab } from '../state.ts'

function ShareRow({ share }: { share: Share }): JSX.Element {
  const { kind, text, short } = nameReplica(share.replica, tab.value.identity, kinds.value)
  const total = formatSigned(share.total)
  return (
    <li class="share" data-kind={kind} data-testid="share" data-replica={share.replica}>
      <span class="share-name" title={share.replica}>
        {text} {short !== '' && <code>…{short}</code>}{' '}
        <span class="share-ops">{plural(share.ops, 'increment', 'increments')}</span>
      </span>
      <span class="share-total" title={total}>
        {shortenInteger(total, 22)}
      </span>
      <span class="share-bar" aria-hidden="true" data-negative={share.total < 0n}>
        <span style={{ width: `${Math.max(share.part * 100, share.total === 0n ? 0 : 1)}%` }} />
      </span>
    </li>
  )
}

/** Asks the Node peer once whom it knows, so that replicas go by their kind where they can. */
function useKinds(): void {
  const isLinked = tab.value.links.length > 0
  useEffect(() => {
    if (isLinked) void survey().then((found) => learnKinds(found?.peers.map(kindOfPeer) ?? []))
  }, [isLinked])
}

const kindOfPeer = ({ peer, kind }: SurveyedPeer): readonly [string, 'tab' | 'node'] => [peer, kind]

export function WhoCounted({ counter }: { counter: string }): JSX.Element {
  useKinds()
  // Read for its signal: the slots have changed whenever the counter has.
  const value = counters.get(counter).value.value
  const { shares, others, repeated } = countedBy(service.value?.slots(counter) ?? [], value)
  return (
    <section class="detail-part">
      <h3>Who counted</h3>
      <ul class="shares">
        {shares.map((share) => (
          <ShareRow key={share.replica} share={share} />
        ))}
      </ul>
      {others.replicas > 0 && (
        <p class="soft">
          {plural(others.replicas, 'more replica', 'more replicas')}: {formatSigned(others.total)}{' '}
          in {plural(others.ops, 'increment', 'increments')}
        </p>
      )}
      {repeated !== 0n && (
        <p class="soft">
          {formatInteger(repeated)} of this was sent again under the same request id, and counts
          once.
        </p>
      )}
    </section>
  )
}
