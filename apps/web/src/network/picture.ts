// The network as this tab knows it: itself, whom it is linked to, and what a Node peer says of others.
import type { TabLink, TabState } from '../replica/tab-state.ts'
import { shortId } from './names.ts'
import type { Survey } from './survey.ts'

export interface PictureNode {
  /** Its peer id. */
  readonly id: string
  readonly kind: 'this' | 'tab' | 'node'
  readonly label: string
  /** Whether it was linked to this tab, and is not any more. */
  readonly isGone: boolean
}

export interface PictureLink {
  readonly from: string
  readonly to: string
  /** `cut` was there, and is not any more. */
  readonly state: 'in step' | 'behind' | 'new' | 'cut'
  /** Operations that one side lacks; null before the first comparison. */
  readonly lag: number | null
  readonly roundTripMs: number | null
  /** Between this tab and another, or told of by a Node peer. */
  readonly isOwn: boolean
  readonly via: TabLink['via'] | undefined
}

export interface Picture {
  readonly nodes: readonly PictureNode[]
  readonly links: readonly PictureLink[]
}

/** More would be a hairball, and slow. */
export const mostNodes = 40

const labels = { this: 'This tab', tab: 'Tab', node: 'Node peer' } as const

const stateOf = (lag: number | null): PictureLink['state'] =>
  lag === null ? 'new' : lag === 0 ? 'in step' : 'behind'

class Drawing {
  readonly nodes = new Map<string, PictureNode>()
  readonly links = new Map<string, PictureLink>()

  node(id: string, kind: PictureNode['kind'], isGone = false): boolean {
    if (this.nodes.has(id)) return true
    if (this.nodes.size >= mostNodes) return false
    const label = kind === 'this' ? labels.this : `${labels[kind]} …${shortId(id)}`
    this.nodes.set(id, { id, kind, label, isGone })
    return true
  }

  /** What one's own eyes see goes before what is told: the first of two links between a pair stays. */
  link(link: PictureLink): void {
    const name = [link.from, link.to].toSorted().join(' ')
    if (!this.links.has(name)) this.links.set(name, link)
  }
}

/** `before` are links of this tab that there were; where they are no more, they are drawn as cut. */
export function drawPicture(
  tab: Pick<TabState, 'identity' | 'links'>,
  before: readonly TabLink[],
  survey: Survey | undefined,
): Picture {
  const drawing = new Drawing()
  const self = tab.identity?.peerId ?? 'this tab'
  drawing.node(self, 'this')
  for (const { peer, kind, via, lag, roundTripMs } of tab.links)
    if (drawing.node(peer, kind))
      drawing.link({
        from: self,
        to: peer,
        state: stateOf(lag),
        lag,
        roundTripMs,
        isOwn: true,
        via,
      })
  const linked = new Set(tab.links.map(({ peer }) => peer))
  for (const { peer, kind, via } of before)
    if (!linked.has(peer) && drawing.node(peer, kind, true))
      drawing.link({
        from: self,
        to: peer,
        state: 'cut',
        lag: null,
        roundTripMs: null,
        isOwn: true,
        via,
      })
  if (survey !== undefined) addSurvey(drawing, survey)
  return { nodes: [...drawing.nodes.values()], links: [...drawing.links.values()] }
}

function addSurvey(drawing: Drawing, { peerId, peers }: Survey): void {
  if (!drawing.node(peerId, 'node')) return
  for (const { peer, kind, lag, roundTripMs } of peers)
    if (drawing.node(peer, kind))
      drawing.link({
        from: peerId,
        to: peer,
        state: stateOf(lag),
        lag,
        roundTripMs,
        isOwn: false,
        via: undefined,
      })
}

const viaWords = { websocket: 'over WebSocket', webrtc: 'over WebRTC', relay: 'through a relay' }

/** A link in words. */
export function describeLink({ state, lag, roundTripMs, via }: PictureLink): string {
  const step = {
    'in step': 'in step',
    behind: `${lag} ${lag === 1 ? 'operation' : 'operations'} apart`,
    new: 'not compared yet',
    cut: 'cut off',
  }[state]
  const way = via === undefined || state === 'cut' ? [] : [viaWords[via]]
  const time = roundTripMs === null ? [] : [`${Math.max(1, Math.round(roundTripMs))} ms`]
  return [step, ...way, ...time].join(' · ')
}
