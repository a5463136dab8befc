// The packages as they are published, in an empty project: their READMEs do as printed, in Node and in a page.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { preview, type PreviewServer } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from './support/browser.ts'
import { ConsumerProject } from './support/consumer-project.ts'
import { blocks, commandsIn, likeness, saidBy } from './support/markdown.ts'
import { PeerProcess, root } from './support/peer-process.ts'

const PACKAGES = {
  '@tallymesh/core': 'packages/core',
  '@tallymesh/storage': 'packages/storage',
  '@tallymesh/sync': 'packages/sync',
  '@tallymesh/client': 'packages/client',
  tallymesh: 'apps/peer',
} as const

/** What is for a page says so in its first line. */
const PAGE = '// in a page\n'

const readmes = Object.entries(PACKAGES).map(([name, folder]) => ({
  name,
  page: readFileSync(join(root, folder, 'README.md'), 'utf8'),
}))

const programs = readmes.flatMap(({ name, page }) =>
  blocks(page, 'ts').map((program, at) => ({
    name,
    number: at + 1,
    program,
    file: `${name.replace('@tallymesh/', '')}-${at + 1}.ts`,
  })),
)
const forNode = programs.filter(({ program }) => !program.startsWith(PAGE))
const forPages = programs.filter(({ program }) => program.startsWith(PAGE))

const shell = readmes
  .flatMap(({ page }) => blocks(page, 'sh'))
  .map((text) => text.replaceAll(/\\\n/g, ' ').trim())
const installs = shell.filter((line) => line.startsWith('npm install'))

let project: ConsumerProject
beforeAll(async () => {
  project = await ConsumerProject.create()
  await project.install(installs, [
    'vite@8',
    '@types/node@24',
    'typescript@7',
    '@libp2p/gossipsub@17',
  ])
}, 300_000)
afterAll(() => project?.[Symbol.asyncDispose]())

/** A peer from the installed package, as its README starts it. */
const startPeer = (data: string): Promise<PeerProcess> => {
  const [command] = shell.filter((line) => line.includes('tallymesh peer'))
  const line = command!.replace('npx ', 'node_modules/.bin/').replace('./peer', data)
  const free = '--http 127.0.0.1:0 --listen /ip4/127.0.0.1/tcp/0'
  return PeerProcess.startByCommand(`env -C ${project.folder} ${line} --json ${free}`)
}

describe('in Node', () => {
  test('there is a program in each README but that of the peer', () => {
    expect(new Set(forNode.map(({ name }) => name))).toEqual(
      new Set(Object.keys(PACKAGES).filter((name) => name !== 'tallymesh')),
    )
    expect(forPages).toHaveLength(1)
  })

  /** What it prints, with peers of its own where it asks for some. */
  const outputOf = async ({ program, file }: (typeof forNode)[number]): Promise<string> => {
    const urls = ['http://127.0.0.1:8390', 'http://127.0.0.1:8391'].filter((url) =>
      program.includes(url),
    )
    await using peers = new AsyncDisposableStack()
    let own = program
    for (const [at, url] of urls.entries())
      own = own.replaceAll(url, peers.use(await startPeer(`./data-of-${file}-${at}`)).http)
    await project.write(file, own)
    return (await project.run(process.execPath, [file])).stdout
  }

  test.for(forNode.filter(({ program }) => saidBy(program).length > 0))(
    'program $number of $name prints what it says',
    async (one) => {
      expect((await outputOf(one)).trim().split('\n')).toEqual(saidBy(one.program))
    },
  )

  test.for(forNode.filter(({ program }) => saidBy(program).length === 0))(
    'the tests in program $number of $name pass',
    async (one) => {
      expect(await outputOf(one)).toMatch(/ pass [1-9]\d*\n(.*\n)*.* fail 0\n/)
    },
  )

  test('the commands of the peer give the answers that stand below them', async () => {
    await using peer = await startPeer('./data-of-commands')
    const { page } = readmes.find(({ name }) => name === 'tallymesh')!
    const commands = blocks(page, 'console').flatMap(commandsIn)
    expect(commands.length).toBeGreaterThan(3)
    for (const { line, answer } of commands) {
      const own = line.replace('http://127.0.0.1:8390', peer.http)
      const { stdout } = await project.run('sh', ['-c', own], { TALLYMESH_URL: peer.http })
      expect([line, stdout.trim()]).toEqual([line, expect.stringMatching(likeness(answer))])
    }
  })

  test('the peer serves the page that is installed with it', async () => {
    await using peer = await startPeer('./data-of-page')
    const page = await fetch(`${peer.http}/`)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<script')])
  })
})

describe('types', () => {
  const config = {
    compilerOptions: {
      target: 'ES2024',
      module: 'NodeNext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      lib: ['ES2024', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
      types: ['node'],
    },
    include: ['*.ts'],
  }

  test("the programs, and the packages' own declarations, pass the compiler", async () => {
    for (const { file, program } of programs) await project.write(file, program)
    // The same gossipsub, under the name that it is published with.
    const [first] = programs.filter(({ program }) => program.includes('libp2p-gossipsub'))
    const other = first!.program.replace('@chainsafe/libp2p-gossipsub', '@libp2p/gossipsub')
    await project.write('other-gossipsub.ts', other)
    await project.write('tsconfig.json', JSON.stringify(config))
    const said = await project.run('node_modules/.bin/tsc', []).then(() => '', String)
    // libp2p's own declarations do not all pass.
    const ours = said
      .split('\n')
      .filter((line) => /^(node_modules\/(@tallymesh|tallymesh)\/|[\w-]+\.ts\()/.test(line))
    expect(ours).toEqual([])
  })
})

describe('in a page', () => {
  let server: PreviewServer
  beforeAll(async () => {
    await project.write('main.ts', forPages[0]!.program)
    await project.write('index.html', '<script type="module" src="/main.ts"></script>')
    await project.run('node_modules/.bin/vite', ['build', '--target', 'es2022'], {
      NODE_ENV: 'production',
    })
    server = await preview({
      root: project.folder,
      configFile: false,
      logLevel: 'silent',
      preview: { host: '127.0.0.1', port: 0 },
    })
  }, 120_000)
  afterAll(() => server?.close())

  test('built by Vite without settings, the program prints what it says', async () => {
    await using browser = await Browser.start()
    const page = await browser.context.newPage()
    // The debugger's protocol hands on no bigints.
    await page.addInitScript(() => {
      const { log } = console
      console.log = (value: unknown) => log(typeof value === 'bigint' ? `${value}n` : value)
    })
    const errors: Error[] = []
    page.on('pageerror', (error) => errors.push(error))
    const said = page.waitForEvent('console', {
      predicate: (message) => message.type() === 'log',
      timeout: 60_000,
    })
    await page.goto(server.resolvedUrls!.local[0]!)
    expect((await said).text()).toBe(saidBy(forPages[0]!.program)[0])
    expect(errors).toEqual([])
  })
})

describe('as packed', () => {
  test.for(Object.keys(PACKAGES))(
    '%s has its licences, and names nothing of the workspace',
    async (name) => {
      const [apache, mit] = [
        readFileSync(join(root, 'LICENSE-APACHE'), 'utf8'),
        readFileSync(join(root, 'LICENSE-MIT'), 'utf8'),
      ]
      expect(await project.read(name, 'LICENSE-APACHE')).toBe(apache)
      expect(await project.read(name, 'LICENSE-MIT')).toBe(mit)
      const manifest = await project.read(name, 'package.json')
      expect(manifest).not.toMatch(/workspace:|catalog:|@tallymesh\/source/)
    },
  )

  test('gossipsub goes by the name that the sources import', async () => {
    const { dependencies } = JSON.parse(await project.read('@tallymesh/sync', 'package.json')) as {
      dependencies: Record<string, string>
    }
    expect(dependencies['@chainsafe/libp2p-gossipsub']).toMatch(/^npm:@libp2p\/gossipsub@\^17/)
  })
})
