import { expect, test } from 'vitest'
import { nameReplica } from './names.ts'

const self = {
  replica: '12D3KooWself.k7f2q9',
  peerId: '12D3KooWself',
  number: 0,
  lease: 'held',
} as const
const kinds = new Map([
  ['12D3KooWnode01', 'node'],
  ['12D3KooWtab001', 'tab'],
] as const)

test.each([
  ['12D3KooWself.k7f2q9', 'This tab', ''],
  ['12D3KooWself', 'This tab, before', 'oWself'],
  ['12D3KooWnode01', 'Node peer', 'node01'],
  ['12D3KooWnode01.zz12ab', 'Node peer', 'zz12ab'],
  ['12D3KooWtab001', 'Another tab', 'tab001'],
  ['someone', 'Another replica', 'omeone'],
])('%s is called %j', (replica, text, short) => {
  expect(nameReplica(replica, self, kinds)).toMatchObject({ text, short })
})
