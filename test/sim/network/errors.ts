// The errors that libp2p.ts throws too.
import { TallymeshError } from '@tallymesh/core'

export const closedError = (): TallymeshError => new TallymeshError('ERR_PROTOCOL', 'the peer left')

export const stoppedError = (): TallymeshError =>
  new TallymeshError('ERR_STOPPED', 'the network has been stopped')

export const openTimeout = (): TallymeshError =>
  new TallymeshError('ERR_TIMEOUT', 'could not open a stream: no progress for 10000 ms')
