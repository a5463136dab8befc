import { expect, test } from 'vitest'
import type { TabLink } from '../replica/tab-state.ts'
import { describeLink, drawPicture, mostNodes } from './picture.ts'
import { readSurvey } from './survey.ts'

const identity = { replica: 'self', peerId: 'self', number: 0, lease: 'held' } as const
const link = (peer: string, lag: number | null = 0): TabLink => ({
  peer,
  kind: peer.startsWith('tab') ? 'tab' : 'node',
  via: peer.startsWith('tab') ? 'webrtc' : 'websocket',
  lag,
  roundTripMs: 3.4,
  since: 0,
})

test('this tab, its links, and how far they are apart', () => {
  const { nodes, links } = drawPicture(
    { identity, links: [link('node01'), link('tab001', 2)] },
    [],
    undefined,
  )
  expect(nodes.map(({ id, kind, label }) => [id, kind, label])).toEqual([
    ['self', 'this', 'This tab'],
    ['node01', 'node', 'Node peer …node01'],
    ['tab001', 'tab', 'Tab …tab001'],
  ])
  expect(links.map(describeLink)).toEqual([
    'in step · over WebSocket · 3 ms',
    '2 operations apart · over WebRTC · 3 ms',
  ])
})

test('a link that was there is drawn as cut, and as whole when it is back', () => {
  const cut = drawPicture({ identity, links: [] }, [link('node01')], undefined)
  expect(cut.nodes[1]).toMatchObject({ id: 'node01', isGone: true })
  expect(cut.links.map(describeLink)).toEqual(['cut off'])
  const back = drawPicture({ identity, links: [link('node01')] }, [link('node01')], undefined)
  expect(back.nodes[1]?.isGone).toBe(false)
  expect(back.links.map(({ state }) => state)).toEqual(['in step'])
})

test('what a Node peer tells completes the picture, and does not overrule what is seen', () => {
  const told = readSurvey({
    peerId: 'node01',
    peers: [
      {
        peer: 'self',
        connected: true,
        addresses: ['/ip4/127.0.0.1/tcp/1/ws'],
        lag: 9,
        roundTripMs: 1,
      },
      {
        peer: 'tab002',
        connected: true,
        addresses: ['/ip4/127.0.0.1/tcp/2/ws'],
        lag: 0,
        roundTripMs: null,
      },
      {
        peer: 'node02',
        connected: true,
        addresses: ['/ip4/127.0.0.1/tcp/3'],
        lag: null,
        roundTripMs: 2,
      },
      { peer: 'node03', connected: false, addresses: [], lag: null, roundTripMs: null },
      'nonsense',
    ],
  })
  const { nodes, links } = drawPicture({ identity, links: [link('node01')] }, [], told)
  expect(nodes.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
    'self this',
    'node01 node',
    'tab002 tab',
    'node02 node',
  ])
  expect(links.map(({ from, to, lag }) => [from, to, lag])).toEqual([
    ['self', 'node01', 0],
    ['node01', 'tab002', 0],
    ['node01', 'node02', null],
  ])
})

test.each([undefined, null, 'x', {}, { peerId: 1, peers: [] }, { peerId: 'a', peers: 'b' }])(
  '%j is no status',
  (value) => expect(readSurvey(value)).toBeUndefined(),
)

test('a crowd does not become a hairball', () => {
  const links = Array.from({ length: 500 }, (_, at) => link(`tab${at}`))
  expect(drawPicture({ identity, links }, [], undefined).nodes.length).toBe(mostNodes)
})
