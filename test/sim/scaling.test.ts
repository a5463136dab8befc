// How costs grow with the number of peers: docs/scaling.md has more of them.
import { beforeAll, describe, expect, it } from 'vitest'
import { measureScaling, type Scaling } from './scaling.ts'

const PEERS = [10, 20, 40]

describe('the bytes that a peer sends', () => {
  let measured: Scaling[]
  beforeAll(async () => {
    measured = []
    for (const peers of PEERS) measured.push(await measureScaling(peers))
  })

  it('for one increment stay the same, however many peers there are', () => {
    // Each hands on at most 5 copies of 12 bytes and a new key.
    for (const { one } of measured) expect(one.gossipBytes + one.streamBytes).toBeLessThan(100)
  })

  it('for one increment by each grow with their number, and no faster', () => {
    for (const { peers, each } of measured)
      expect((each.gossipBytes + each.streamBytes) / peers).toBeLessThan(100)
  })

  it('after a split grow with what was counted meanwhile', () => {
    for (const { peers, split } of measured)
      expect((split.gossipBytes + split.streamBytes) / peers).toBeLessThan(300)
  })

  it('while nobody counts are a few digests a minute', () => {
    for (const { idle } of measured) {
      expect(idle.gossipBytes).toBe(0)
      expect(idle.streamBytes).toBeLessThan(200)
    }
  })
})
