// tallymesh watch [PREFIX]
import type { Command } from 'commander'
import { watchEvents, type WatchOptions } from './events.ts'
import { drawHottest, Hottest } from './hottest.ts'
import type { Io, Screen } from './io.ts'
import { addClientOptions, type ClientFlags, examples, tokenOf } from './options.ts'
import { plain } from './text.ts'

/** A view is drawn anew as often: rates are read, not raced. */
const DRAW_MS = 250

const asLines = async (io: Io, options: WatchOptions, json: boolean): Promise<void> => {
  for await (const { key, value, ops } of watchEvents(options))
    io.out(json ? JSON.stringify({ key, value, ops }) : `${value}  ${ops}  ${plain(key)}`)
}

const asPicture = async (screen: Screen, options: WatchOptions): Promise<void> => {
  const startedAt = performance.now()
  const hottest = new Hottest()
  let url: string | undefined
  const draw = (): void => {
    const title = url === undefined ? 'no peer answers; trying again' : `watching ${url}`
    const forMs = performance.now() - startedAt
    screen.show(drawHottest(hottest, { title, forMs }, screen.size()))
  }
  const drawing = setInterval(draw, DRAW_MS)
  try {
    const connected = (now: string | undefined): void => {
      url = now
      draw()
    }
    for await (const change of watchEvents({ ...options, connected })) hottest.add(change)
  } finally {
    clearInterval(drawing)
    screen.end()
  }
}

const watch = async (io: Io, prefix: string, flags: ClientFlags): Promise<void> => {
  const over = new AbortController()
  void io.untilStopped().then(() => over.abort())
  const options: WatchOptions = {
    urls: flags.url,
    prefix,
    retries: flags.retries,
    token: tokenOf(flags),
    signal: over.signal,
    connected: (url) => {
      if (url === undefined) io.note('the peer is gone; trying again')
    },
  }
  if (io.screen !== undefined && !flags.json) await asPicture(io.screen, options)
  else await asLines(io, options, flags.json === true)
}

export const addWatch = (program: Command, io: Io): void => {
  addClientOptions(program.command('watch'))
    .summary('show counters as they change')
    .description(
      'Shows counters as they change, until Ctrl-C: on a terminal those that move the most, with their rates; else a line for each change, with the value, the number of increments, and the key. After a cut it goes on where it stopped.',
    )
    .argument('[prefix]', 'only keys that begin with this', '')
    .addHelpText(
      'after',
      examples(
        'tallymesh watch',
        'tallymesh watch stock/ | tee changes.txt',
        'tallymesh watch --json | jq -r \'select(.value == "0").key\'',
      ),
    )
    .action((prefix: string, flags: ClientFlags) => watch(io, prefix, flags))
}
