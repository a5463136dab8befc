// The key of a tab's replica: its peer id is made of it.
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'

export const makePrivateKey = async (): Promise<PrivateKey> => generateKeyPair('Ed25519')

/** As it is kept. */
export const packKey = (key: PrivateKey): Uint8Array<ArrayBuffer> =>
  new Uint8Array(privateKeyToProtobuf(key))

/** Throws where the bytes are no key. */
export const unpackKey = (bytes: Uint8Array): PrivateKey => privateKeyFromProtobuf(bytes)
