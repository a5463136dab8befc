import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { DistributedKeyCounter } from '@tallymesh/core'
import { expect, test } from 'vitest'
import { openSigned, signDelta } from './signed-delta.ts'
import { SignedDeltas } from './signed-deltas.ts'

const verify = async (peer: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> =>
  (await peerIdFromString(peer).publicKey?.verify(bytes, signature)) ?? false

const owner = async (epoch = '') => {
  const key = await generateKeyPair('Ed25519')
  const counter = new DistributedKeyCounter({
    replica: peerIdFromPrivateKey(key).toString() + epoch,
  })
  counter.increment('views', 5)
  const sign = (bytes: Uint8Array) => key.sign(bytes)
  return { counter, sign }
}

test.each(['', '.k7f2q9'])(
  'a delta that its owner signed is taken from anyone (epoch %j)',
  async (epoch) => {
    const { counter, sign } = await owner(epoch)
    const signed = await signDelta(sign, 'shop', counter.deltaSince(counter.replica, 0))
    const other = new DistributedKeyCounter({ replica: 'other' })
    other.join([await openSigned(verify, 'shop', signed)])
    expect(other.getValue('views')).toBe(5n)
    expect(other.version).toEqual(counter.version)
  },
)

test('a delta signed by another, for another namespace, or changed since is refused', async () => {
  const { counter, sign } = await owner()
  const delta = counter.deltaSince(counter.replica, 0)
  const forged = await signDelta((await owner()).sign, 'shop', delta)
  await expect(openSigned(verify, 'shop', forged)).rejects.toMatchObject({ code: 'ERR_MALFORMED' })
  const signed = await signDelta(sign, 'shop', delta)
  await expect(openSigned(verify, 'bank', signed)).rejects.toMatchObject({ code: 'ERR_MALFORMED' })
  const changed = { ...signed, bytes: signed.bytes.with(-1, signed.bytes.at(-1)! ^ 2) }
  await expect(openSigned(verify, 'shop', changed)).rejects.toMatchObject({ code: 'ERR_MALFORMED' })
})

test('is handed on to who lacks it and can join it, the latest of each replica', async () => {
  const { counter, sign } = await owner()
  const { replica } = counter
  const kept = new SignedDeltas()
  const first = await signDelta(sign, 'shop', counter.deltaSince(replica, 0))
  counter.increment('views', 1)
  const second = await signDelta(sign, 'shop', counter.deltaSince(replica, 1))
  kept.keep(second)
  kept.keep(first)
  const none = (): boolean => false
  expect(kept.missing(new Map([[replica, 1]]), none)).toEqual([second])
  expect(kept.missing(new Map([[replica, 2]]), none)).toEqual([])
  // It begins at 1: who holds nothing could not join it.
  expect(kept.missing(new Map(), none)).toEqual([])
  expect(kept.missing(new Map([[replica, 1]]), () => true)).toEqual([])
})
