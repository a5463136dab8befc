// What a caller is told who can not be served.
import { TallymeshError } from '@tallymesh/core'

export const invalid = (message: string): TallymeshError =>
  new TallymeshError('ERR_INVALID_ARGUMENT', message)

export const stopped = (): TallymeshError =>
  new TallymeshError('ERR_STOPPED', 'the network has been stopped')
