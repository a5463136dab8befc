// A real Chromium with a profile of its own on disk: what it stores survives a restart of the browser.
import { chromium, type BrowserContext } from 'playwright-core'
import { requireBrowser } from '../../scripts/browser.ts'
import { Tab } from './tab.ts'
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts'

/** Leads to this machine, and is no secure context: as an address on a local network. */
export const INSECURE_HOST = 'peer.test'

// Run as root in containers, where there is no sandbox; and nothing but what the test asks for goes out.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  // WebRTC finds no way between two tabs on a machine that has no route to anywhere.
  '--allow-loopback-in-peer-connection',
  `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`,
]

export interface BrowserOptions {
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
  /** Pixels of the picture for each of the page's; 1 if left out. */
  readonly scale?: number
  /** The folder of a profile that outlives the browser; one of its own if left out. */
  readonly profile?: string
  /** Whether a page that is left may be kept for the way back, as browsers do: Playwright forbids it. */
  readonly keepsLeftPages?: boolean
}

export class Browser implements AsyncDisposable {
  readonly context: BrowserContext
  readonly #profile: TemporaryFolder | undefined

  private constructor(context: BrowserContext, profile: TemporaryFolder | undefined) {
    this.context = context
    this.#profile = profile
  }

  static async start(options: BrowserOptions = {}): Promise<Browser> {
    const { width = 1280, height = 800, colorScheme = 'light', scale = 1 } = options
    const executablePath = requireBrowser()
    const profile = options.profile === undefined ? await temporaryFolder() : undefined
    const path = options.profile ?? profile!.path
    try {
      const viewport = { width, height }
      const launch = {
        executablePath,
        args,
        viewport,
        colorScheme,
        deviceScaleFactor: scale,
        chromiumSandbox: false,
        ignoreDefaultArgs: options.keepsLeftPages ? ['--disable-back-forward-cache'] : [],
      }
      const context = await chromium.launchPersistentContext(path, launch)
      // Without it, addresses of this machine are hidden from WebRTC, and loopback is not looked at.
      await context.grantPermissions(['microphone'])
      return new Browser(context, profile)
    } catch (error) {
      await profile?.[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Opens a peer's page in a new tab, at a place of it such as `#lobby`. */
  async open(http: string, place = ''): Promise<Tab> {
    const tab = new Tab(await this.context.newPage())
    await tab.page.goto(`${http}/${place}`)
    return tab
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close()
    await this.#profile?.[Symbol.asyncDispose]()
  }
}
