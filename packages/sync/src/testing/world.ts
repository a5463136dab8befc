// Replicas in memory that exchange over a channel pair, for tests of the exchange itself.
import { DistributedKeyCounter } from '@tallymesh/core'
import { MemoryStore, RecordCodec, type ReplicaStore } from '@tallymesh/storage'
import { Beyond } from '../beyond.ts'
import { systemClock } from '../clock.ts'
import { answer, ask } from '../exchange.ts'
import type { ExchangeContext, Outcome } from '../exchange-context.ts'
import type { Intake } from '../intake.ts'
import { Journal, type JournalEvents, type JournalOptions } from '../journal.ts'
import { MessageSizes } from '../message-sizes.ts'
import type { Channel } from '../network.ts'
import { SignedDeltas } from '../signed-deltas.ts'
import { UnderWay } from '../under-way.ts'
import { channelPair, type ChannelPair } from './channel-pair.ts'

/** An intake with no limits. */
export const TAKES_ALL: Pick<Intake, 'admit' | 'mayHear' | 'noteWrong'> = {
  admit: async () => {},
  mayHear: () => true,
  noteWrong: () => {},
}

/** What an exchange runs on, on a store in memory. */
export const contextOf = async (
  counter: DistributedKeyCounter,
  options: Partial<ExchangeContext> = {},
): Promise<ExchangeContext> => {
  const store = new MemoryStore()
  await store.open()
  return {
    counter,
    journal: journalOn(counter, store),
    intake: TAKES_ALL,
    clock: systemClock,
    random: () => 0.5,
    members: [],
    self: counter.replica,
    namespace: 'test',
    verify: () => Promise.resolve(false),
    signed: new SignedDeltas(),
    unnamed: new Set(),
    beyond: new Beyond(systemClock),
    messageSizes: new MessageSizes(),
    underWay: new UnderWay(systemClock),
    mayDescend: () => true,
    descended: () => {},
    mayPull: () => true,
    pulled: () => {},
    joined: () => {},
    ...options,
  }
}

/** A journal that tells nobody of its commits but who is named. The store must be open. */
export const journalOn = (
  counter: DistributedKeyCounter,
  store: ReplicaStore,
  {
    events,
    ...options
  }: Partial<Omit<JournalOptions, 'events'>> & { events?: Partial<JournalEvents> } = {},
): Journal =>
  new Journal({
    counter,
    store,
    codec: new RecordCodec(),
    random: () => 0.5,
    ...options,
    events: {
      committed: () => {},
      changed: () => {},
      trouble: () => {},
      renewed: () => {},
      folded: () => {},
      ...events,
    },
  })

export interface Exchanged {
  readonly asked: Outcome
  readonly answered: Outcome
  readonly pair: ChannelPair
  /** Bytes both ways. */
  readonly bytes: number
}

/** One exchange, the left asking. */
export const exchange = async (
  left: ExchangeContext,
  right: ExchangeContext,
): Promise<Exchanged> => {
  const pair = channelPair(left.self, right.self)
  const [asked, answered] = await Promise.all([ask(left, pair.left), answer(right, pair.right)])
  return { asked, answered, pair, bytes: pair.sentByLeft.bytes + pair.sentByRight.bytes }
}

/** A channel that breaks once so many messages came in, as a stream that is cut. */
export const cutAfter = (channel: Channel, messages: number): Channel => ({
  peer: channel.peer,
  source: (async function* () {
    let left = messages
    for await (const message of channel.source) {
      if (left-- === 0) {
        channel.abort(new Error('cut'))
        throw new Error('cut')
      }
      yield message
    }
  })(),
  sink: (source) => channel.sink(source),
  abort: (reason) => channel.abort(reason),
})

export const counterOf = (replica: string): DistributedKeyCounter =>
  new DistributedKeyCounter({ replica })

export const rootOf = (counter: DistributedKeyCounter): string => {
  const { low, high } = counter.digest().root
  return `${high}/${low}`
}
