import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { ChannelCounter } from './channel-counter.ts'

let channels = 0
const channelName = (): string => `clicks ${process.pid} ${channels++}`

const reaches = async (counter: ChannelCounter, value: bigint): Promise<void> => {
  while (counter.getValue('clicks') !== value)
    await new Promise((resolve) => counter.addEventListener('change', resolve, { once: true }))
}

test('two replicas agree, and one that comes late catches up', async () => {
  const name = channelName()
  const [one, two] = [new ChannelCounter(name, 'one'), new ChannelCounter(name, 'two')]
  one.increment('clicks', 5)
  two.increment('clicks', -2)
  await Promise.all([reaches(one, 3n), reaches(two, 3n)])
  const late = new ChannelCounter(name, 'late')
  late.increment('clicks')
  await Promise.all([one, two, late].map((counter) => reaches(counter, 4n)))
  for (const counter of [one, two, late]) counter.close()
})

test('threads that all count at once end with the same value', async () => {
  const name = channelName()
  const here = new ChannelCounter(name, 'here')
  const threads = ['a', 'b', 'c'].map(
    (replica) =>
      new Worker(new URL('./worker.ts', import.meta.url), {
        workerData: { name, replica, times: 1000, until: '3000' },
      }),
  )
  const said = await Promise.all(threads.map((thread) => once(thread, 'message')))
  expect(said).toEqual([['3000'], ['3000'], ['3000']])
  await reaches(here, 3000n)
  for (const thread of threads) thread.postMessage('close')
  here.close()
  await Promise.all(threads.map((thread) => once(thread, 'exit')))
})
