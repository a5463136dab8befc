// A small share of `pnpm torture --tab`: what a tab has acknowledged is there when it is opened again,
// whether it was closed, its renderer killed, or the browser.
import { beforeAll, expect, test } from 'vitest'
import { ensurePage } from './support/built-page.ts'
import { tabCommandOf } from './torture/command.ts'
import { seedOfCommit } from './torture/seed-of-commit.ts'
import { AppPage } from './torture/tab/app-page.ts'
import { ReplicaPage } from './torture/tab/replica-page.ts'
import { tortureTab } from './torture/tab/run.ts'
import type { Subject } from './torture/tab/subject.ts'

beforeAll(ensurePage)

const run = async (subject: Subject, rounds: number): Promise<void> => {
  const options = { rounds, seed: seedOfCommit() }
  const { violation, lines } = await tortureTab(subject, options)
  console.log([tabCommandOf(options), ...lines].join('\n'))
  expect(violation && `${violation}\nagain: ${tabCommandOf(options)}`).toBeUndefined()
}

test('in a page that is only a replica, whose promises say what is durable', async () => {
  await using subject = await ReplicaPage.start()
  await run(subject, 6)
})

test('in the web app, which shows only what is durable', async () => {
  await using subject = await AppPage.start()
  await run(subject, 4)
})
