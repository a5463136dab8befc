// A peer that says what a test makes it say, and not what the protocol asks for.
import { encodeMessage, type Message } from '../messages.ts'
import type { Channel } from '../network.ts'

/** Sends `messages`, one as each answer comes (the first at once), then ends its side. */
export const say = async (
  channel: Channel,
  messages: Iterable<Message | Uint8Array>,
  { waits = true }: { readonly waits?: boolean } = {},
): Promise<void> => {
  const answers = channel.source[Symbol.asyncIterator]()
  try {
    await channel.sink(
      (async function* () {
        let isFirst = true
        for (const message of messages) {
          if (waits && !isFirst && (await answers.next()).done === true) return
          isFirst = false
          yield message instanceof Uint8Array ? message : encodeMessage(message)
        }
      })(),
    )
    while ((await answers.next()).done !== true);
  } catch {
    // The other side has had enough of it.
  }
}
