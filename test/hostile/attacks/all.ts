// Every attack, in the order in which they are done.
import type { Attack } from '../attack.ts'
import { endlessMessages } from './endless-messages.ts'
import { forgedExchange } from './forged-exchange.ts'
import { forgedGossip } from './forged-gossip.ts'
import { highSeqs } from './high-seqs.ts'
import { hugeMessages } from './huge-messages.ts'
import { manyStreams } from './many-streams.ts'
import { newKeys } from './new-keys.ts'
import { replays } from './replays.ts'
import { slowReading } from './slow-reading.ts'
import { wrongSignatures } from './wrong-signatures.ts'

export const ATTACKS: readonly Attack[] = [
  forgedGossip,
  forgedExchange,
  wrongSignatures,
  hugeMessages,
  endlessMessages,
  manyStreams,
  slowReading,
  highSeqs,
  newKeys,
  replays,
]
