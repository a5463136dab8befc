// A replica in a thread of its own: counts what it is asked to, and says when it has seen enough.
import { parentPort, workerData } from 'node:worker_threads'
import { ChannelCounter } from './channel-counter.ts'

const { name, replica, times, until } = workerData as {
  name: string
  replica: string
  times: number
  until: string
}

const counter = new ChannelCounter(name, replica)
const look = (): void => {
  if (counter.getValue('clicks') === BigInt(until)) parentPort!.postMessage(until)
}
counter.addEventListener('change', look)
for (let i = 0; i < times; i++) counter.increment('clicks')
look()
parentPort!.once('message', () => counter.close())
