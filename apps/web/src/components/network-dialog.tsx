// Whom this tab is linked to, as a picture and in words, with the switch that cuts it off.
import { type Signal, useComputed, useSignal } from '@preact/signals'
import type { ComponentType, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { learnKinds } from '../network/kinds.ts'
import { linksBefore } from '../network/links-before.ts'
import { describeLink, drawPicture, type Picture } from '../network/picture.ts'
import { survey, type Survey } from '../network/survey.ts'
import { openDialog, stateWords, tab } from '../state.ts'
import { Dialog } from './dialog.tsx'
import { NetworkSwitch } from './header.tsx'

const surveyEveryMs = 2_000

/** Asks for as long as the picture is open and the tab is on the network. */
function useSurvey(): Signal<Survey | undefined> {
  const found = useSignal<Survey | undefined>(undefined)
  const isLinked = tab.value.links.length > 0 && !tab.value.offline
  useEffect(() => {
    found.value = undefined
    if (!isLinked) return
    let isOpen = true
    const ask = async (): Promise<void> => {
      const answer = document.hidden ? undefined : await survey()
      if (!isOpen) return
      found.value = answer
      learnKinds(answer?.peers.map(({ peer, kind }) => [peer, kind] as const) ?? [])
    }
    void ask()
    const timer = setInterval(() => void ask(), surveyEveryMs)
    return () => {
      isOpen = false
      clearInterval(timer)
    }
  }, [isLinked])
  return found
}

type PictureView = ComponentType<{ readonly picture: Picture }>

function usePictureView(): PictureView | undefined {
  const view = useSignal<PictureView | undefined>(undefined)
  useEffect(() => {
    import('../network/network-picture.tsx').then(
      (module) => {
        view.value = module.default
      },
      // The list says the same.
      () => undefined,
    )
  }, [])
  return view.value
}

function LinkList({ picture }: { picture: Picture }): JSX.Element {
  const labels = new Map(picture.nodes.map(({ id, label }) => [id, label]))
  const self = picture.nodes[0]?.id
  if (picture.links.length === 0)
    return <p class="soft">This tab has met nobody yet. It counts on its own.</p>
  return (
    <ul class="links" aria-label="Links" data-testid="links">
      {picture.links.map((link) => (
        <li key={`${link.from} ${link.to}`} data-state={link.state}>
          <span class="link-mark" aria-hidden="true" />
          <span>
            <strong title={link.to}>
              {link.from === self ? '' : `${labels.get(link.from)} – `}
              {labels.get(link.to)}
            </strong>
            <span class="soft">{describeLink(link)}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}

function Network(): JSX.Element {
  const told = useSurvey()
  const View = usePictureView()
  const picture = useComputed(() => drawPicture(tab.value, linksBefore.value, told.value))
  return (
    <>
      <div class="network-head">
        <p class="network-state" data-state={stateWords.value.state}>
          <span class="state-dot" aria-hidden="true" />
          {stateWords.value.text}
        </p>
        <NetworkSwitch />
      </div>
      <div class="network">
        <div class="network-place">{View !== undefined && <View picture={picture.value} />}</div>
        <div>
          <LinkList picture={picture.value} />
          <p class="soft network-hint">
            {tab.value.offline
              ? 'Cut off by the switch. Count on both sides, then switch it back on: both end with the same values.'
              : 'Take this tab off the network, count on both sides, and watch it heal.'}
          </p>
        </div>
      </div>
    </>
  )
}

export function NetworkDialog(): JSX.Element | null {
  if (openDialog.value !== 'network') return null
  return (
    <Dialog title="Network" kind="wide" onClose={() => (openDialog.value = undefined)}>
      <Network />
    </Dialog>
  )
}
