// node peer.ts: starts the office, and says what the stock is whenever it changes.
import { startOffice } from './office.ts'

const office = await startOffice('/ip4/127.0.0.1/tcp/8400/ws')
console.log('tabs find it by ?peer=/ip4/127.0.0.1/tcp/8400/ws')
office.services.counters.addEventListener('change', ({ detail }) =>
  console.log(detail.key, detail.value),
)
