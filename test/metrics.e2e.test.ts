// What Prometheus reads of a peer that has company, and that the dashboard asks for nothing else.
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { identityFile } from '../apps/peer/src/data-folder.ts'
import { loadOrCreateIdentity } from '../apps/peer/src/identity.ts'
import { increment, postJson, untilValue } from './support/peer-http.ts'
import { PeerProcess, root } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

interface Scrape {
  /** Of each metric, its type. */
  readonly types: ReadonlyMap<string, string>
  /** By name and labels. */
  readonly samples: ReadonlyMap<string, number>
}

const scrape = async (http: string): Promise<Scrape> => {
  const response = await fetch(`${http}/metrics`)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const lines = (await response.text()).split('\n')
  return {
    types: new Map(
      lines.flatMap((line) => {
        const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
        return name === undefined ? [] : [[name, type!] as const]
      }),
    ),
    samples: new Map(
      lines
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => {
          const at = line.lastIndexOf(' ')
          return [line.slice(0, at), Number(line.slice(at + 1))] as const
        }),
    ),
  }
}

interface Dashboard {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[]
  readonly templating: { readonly list: readonly { readonly definition?: string }[] }
}

const WORDS = /\b(tallymesh|libp2p|nodejs|process)_[a-z0-9_]+/g

const dashboardMetrics = (): Set<string> => {
  const file = join(root, 'docs', 'grafana', 'tallymesh.json')
  const { panels, templating } = JSON.parse(readFileSync(file, 'utf8')) as Dashboard
  const expressions = [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...templating.list.flatMap(({ definition }) => definition ?? []),
  ]
  return new Set(expressions.flatMap((text) => text.match(WORDS) ?? []))
}

test('metrics tell what two peers did, and are named as Prometheus has it', async () => {
  await using data = await temporaryFolder()
  const own = join(data.path, 'a')
  await mkdir(own)
  // Its own only member: so that there is a majority.
  const { peerId } = await loadOrCreateIdentity(identityFile(own))
  await using a = await PeerProcess.start({ data: own, args: ['--member', peerId] })
  await using b = await PeerProcess.start({
    data: join(data.path, 'b'),
    args: ['--peer', a.ready.listen[0]!],
  })
  await increment(a.http, 'views', 5)
  await untilValue(b.http, 'views', 5n)
  await increment(b.http, 'views', 2)
  await untilValue(a.http, 'views', 7n)
  await fetch(`${a.http}/v1/counters/views?consistency=quorum`)
  await postJson(`${a.http}/v1/counters/views/increment`, '{"value":0,"ack":"all"}')
  await fetch(`${a.http}/v1/nothing-here`)
  await fetch(`${a.http}/v1/counters/${encodeURIComponent('secret key')}`)
  await until('they know that they agree', async () => {
    const { samples } = await scrape(a.http)
    return samples.get('tallymesh_divergence_seconds') === 0
  })
  const { types, samples } = await scrape(a.http)
  const peer = b.ready.peerId
  for (const [name, value] of Object.entries({
    tallymesh_ready: 1,
    tallymesh_counters: 1,
    tallymesh_replicas: 2,
    tallymesh_peers_connected: 1,
    'tallymesh_increments_total{outcome="recorded"}': 2,
    'tallymesh_strong_calls_total{kind="read",outcome="done"}': 1,
    'tallymesh_strong_calls_total{kind="increment",outcome="done"}': 1,
    tallymesh_quorum_reads_total: 1,
    tallymesh_quorum_rounds_total: 1,
    tallymesh_members_reached: 1,
    tallymesh_quorum_available: 1,
    [`tallymesh_peer_connected{peer="${peer}"}`]: 1,
    'tallymesh_http_request_duration_seconds_count{route="none",method="GET",status="404"}': 1,
  }))
    expect([name, samples.get(name)]).toEqual([name, value])
  for (const name of [
    'tallymesh_store_commit_duration_seconds_count',
    'libp2p_data_transfer_bytes_total{protocol="global received"}',
    `tallymesh_peer_lag_operations{peer="${peer}"}`,
  ])
    expect([name, samples.get(name)]).toEqual([name, expect.any(Number)])
  expect([...samples.keys()].join('\n')).not.toMatch(/secret/)
  for (const [name, type] of types) {
    if (!name.startsWith('tallymesh_')) continue
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|percent)(_|$)/)
  }

  const asked = dashboardMetrics()
  expect(asked.size).toBeGreaterThan(30)
  const parts = [...types].flatMap(([name, type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  expect([...asked].filter((name) => !parts.includes(name))).toEqual([])
  const shown = [...types.keys()].filter((name) => name.startsWith('tallymesh_'))
  const all = [...asked].join(' ')
  expect(shown.filter((name) => !all.includes(name) && !/peer_connected/.test(name))).toEqual([])
})
