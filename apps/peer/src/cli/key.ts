// tallymesh key new FILE
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Io } from './io.ts'
import { examples, jsonOption } from './options.ts'

export const addKey = (program: Command, io: Io): void => {
  const key = program
    .command('key')
    .summary('make a pre-shared key')
    .description(
      'Keys that peers of one cluster share: with --psk, a peer talks to those that have the same.',
    )
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', examples('tallymesh key new cluster.key'))
  key
    .command('new')
    .summary('make a pre-shared key in a new file')
    .description(
      'Makes a pre-shared key in a new file that only you can read. Copy it to every peer of the cluster, on a way that nobody else reads.',
    )
    .argument('<file>', 'the file; one that is there already is left as it is', (text: string) =>
      resolve(text),
    )
    .addOption(jsonOption('print {"file":…}'))
    .addHelpText(
      'after',
      examples(
        'tallymesh key new cluster.key',
        'tallymesh peer --psk cluster.key --listen /ip4/0.0.0.0/tcp/9390',
      ),
    )
    .action(async (file: string, { json }: { readonly json?: true }) => {
      const { createPsk } = await import('../psk.ts')
      await createPsk(file)
      io.out(json ? JSON.stringify({ file }) : file)
      if (json !== true) io.note('copy it to every peer of the cluster, and start each with --psk')
    })
}
