import { expect, test } from 'vitest'
import { reachOf } from './share.ts'

test.each(['localhost', '127.0.0.1', '127.8.9.1', '[::1]', 'a.localhost'])(
  'a link to %s is said to open on this machine only',
  (host) => expect(reachOf(host)).toContain('this machine only'),
)

test.each(['192.0.2.7', 'tally.example', '[2001:db8::1]', '12.7.0.1'])(
  'a link to %s is for everyone',
  (host) => expect(reachOf(host)).toContain('same board'),
)
