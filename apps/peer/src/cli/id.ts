// tallymesh id
import type { Command } from 'commander'
import { identityFile, makeDataFolder } from '../data-folder.ts'
import { configOption } from './config.ts'
import { dataOption, type DataOptions, identityOption } from './data-options.ts'
import type { Io } from './io.ts'
import { examples, jsonOption } from './options.ts'

interface IdFlags extends DataOptions {
  readonly json?: true
}

export const addId = (program: Command, io: Io): void => {
  program
    .command('id')
    .summary('print the peer id of a data folder')
    .description('Prints the peer id of a data folder; the key is made on first use.')
    .addOption(dataOption(io))
    .addOption(identityOption())
    .addOption(configOption())
    .addOption(jsonOption('print {"peerId":…}'))
    .addHelpText('after', examples('tallymesh id', 'tallymesh id --data ./peer-1 --json'))
    .action(async ({ data, identity, json }: IdFlags) => {
      const { loadOrCreateIdentity } = await import('../identity.ts')
      await makeDataFolder(data)
      const { peerId } = await loadOrCreateIdentity(identity ?? identityFile(data))
      io.out(json ? JSON.stringify({ peerId }) : peerId)
    })
}
