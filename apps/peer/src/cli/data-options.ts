// Options of the commands that open a data folder themselves.
import { resolve } from 'node:path'
import { Option } from 'commander'
import { defaultDataFolder } from '../data-folder.ts'
import type { Io } from './io.ts'

export interface DataOptions {
  readonly data: string
  readonly identity?: string
}

export const dataOption = ({ env }: Io): Option =>
  new Option('--data <dir>', 'the folder of all of the peer’s state; made where there is none')
    .env('TALLYMESH_DATA')
    .default(defaultDataFolder(env))
    .argParser((text: string) => resolve(text))

export const identityOption = (): Option =>
  new Option('--identity <file>', 'the private key, if it is not identity.key in the data folder')
    .env('TALLYMESH_IDENTITY')
    .argParser((text: string) => resolve(text))
