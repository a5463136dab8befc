// The picture of the network. Loaded when it is first looked at; the list beside it says the same in words.
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { half, Layout, type Spot } from './layout.ts'
import type { Picture, PictureLink, PictureNode } from './picture.ts'

const radius = { this: 26, node: 21, tab: 16 } as const

function useLayout(picture: Picture): Layout {
  const tick = useSignal(0)
  const layout = useRef<Layout | undefined>(undefined)
  layout.current ??= new Layout(matchMedia('(prefers-reduced-motion: reduce)').matches, () => {
    tick.value = tick.peek() + 1
  })
  void tick.value
  useEffect(() => layout.current?.update(picture), [picture])
  useEffect(() => () => layout.current?.stop(), [])
  return layout.current
}

function Line({ link, from, to }: { link: PictureLink; from: Spot; to: Spot }): JSX.Element {
  const { state, lag, roundTripMs } = link
  const words =
    state === 'behind'
      ? `${lag} apart`
      : roundTripMs === null
        ? ''
        : `${Math.max(1, Math.round(roundTripMs))} ms`
  return (
    <g class="link" data-state={state} data-own={link.isOwn}>
      <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
      {words !== '' && state !== 'cut' && (
        <text x={(from.x + to.x) / 2} y={(from.y + to.y) / 2}>
          {words}
        </text>
      )}
    </g>
  )
}

function Node({ node, spot }: { node: PictureNode; spot: Spot }): JSX.Element {
  const size = radius[node.kind]
  return (
    <g
      class="node"
      data-kind={node.kind}
      data-gone={node.isGone}
      transform={`translate(${spot.x} ${spot.y})`}
    >
      {node.kind === 'node' ? (
        <rect x={-size} y={-size} width={size * 2} height={size * 2} rx="9" />
      ) : (
        <circle r={size} />
      )}
      <text y={size + 17}>{node.label}</text>
    </g>
  )
}

export default function NetworkPicture({ picture }: { picture: Picture }): JSX.Element {
  const layout = useLayout(picture)
  return (
    <svg
      class="network-picture"
      viewBox={`${-half.width} ${-half.height} ${half.width * 2} ${half.height * 2}`}
      aria-hidden="true"
    >
      {picture.links.map((link) => (
        <Line
          key={`${link.from} ${link.to}`}
          link={link}
          from={layout.spot(link.from)}
          to={layout.spot(link.to)}
        />
      ))}
      {picture.nodes.map((node) => (
        <Node key={node.id} node={node} spot={layout.spot(node.id)} />
      ))}
    </svg>
  )
}
