// `pnpm screenshots [NAME…]`: takes the pictures of the page that the documents show, into docs/images.
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureBrowser } from '../../scripts/browser.ts'
import { Browser } from '../support/browser.ts'
import { ensurePage } from '../support/built-page.ts'
import { PeerProcess, root } from '../support/peer-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { countAhead, type Scene, scenes } from './scenes.ts'

const folder = join(root, 'docs', 'images')

/** What a picture in a repository may weigh. */
const mostBytes = 150 * 1024

/** Each with peers and a browser of its own: no picture has traces of the one before. */
async function take({ name, screen, play }: Scene): Promise<void> {
  await using data = await temporaryFolder()
  await using moreData = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  const tcp = peer.ready.listen.find((address) => !address.includes('/ws/'))!
  await using second = await PeerProcess.start({ data: moreData.path, args: ['--peer', tcp] })
  await using emptyData = await temporaryFolder()
  await using empty = await PeerProcess.start({ data: emptyData.path })
  await countAhead(second.http)
  await using browser = await Browser.start(screen)
  const page = await play({ browser, peer, empty })
  const path = join(folder, `${name}.png`)
  // As they are once they have settled.
  await page.screenshot({ path, animations: 'disabled' })
  const { size } = await stat(path)
  console.log(`${name}.png  ${(size / 1024).toFixed(0)} KB`)
  if (size > mostBytes) throw new Error(`${name}.png is larger than ${mostBytes / 1024} KB.`)
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => scenes.every((scene) => scene.name !== name))
if (unknown.length > 0) {
  const names = scenes.map(({ name }) => name).join(', ')
  console.error(`There is no picture ${unknown.join(', ')}. There are: ${names}.`)
  process.exit(2)
}
process.env['TALLYMESH_CHROMIUM'] ??= (await ensureBrowser()) ?? ''
await ensurePage()
await mkdir(folder, { recursive: true })
for (const scene of scenes) if (asked.length === 0 || asked.includes(scene.name)) await take(scene)
