// Keeps the page itself in the browser, so that it opens while its peer is down. Counters are none of
// its business: they are in IndexedDB. Bundled alone; it must import nothing.

// Both are filled in by the build (see vite.config.ts).
declare const __BUILD__: string
declare const __SHELL__: readonly string[]

// The types of a worker's global scope exclude those of a page, so the few that are used stand here.
interface LifeEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface FetchEvent extends Event {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
interface WorkerScope {
  readonly registration: { readonly scope: string }
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: LifeEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void
}
const worker = globalThis as unknown as WorkerScope

const cachePrefix = 'tallymesh-page-'
const cacheName = cachePrefix + __BUILD__

/** How long a page that is cached waits for a newer one: not so long that anyone would notice. */
const freshWithinMs = 400

const page = worker.registration.scope
const shell: ReadonlySet<string> = new Set(__SHELL__.map((path) => new URL(path, page).href))

async function install(): Promise<void> {
  const cache = await caches.open(cacheName)
  // The page's own name has no hash in it: past the HTTP cache, or it may be an older one.
  await cache.addAll([new Request(page, { cache: 'reload' }), ...shell])
  await worker.skipWaiting()
}

async function activate(): Promise<void> {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith(cachePrefix) && name !== cacheName)
  await Promise.all(old.map((name) => caches.delete(name)))
  await worker.clients.claim()
}

async function cached(url: string): Promise<Response | undefined> {
  const cache = await caches.open(cacheName)
  return cache.match(url)
}

const tooSlow = (): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), freshWithinMs))

/** Network first: another build, or another program on this port, must not be hidden by the cache. */
async function openPage(request: Request): Promise<Response> {
  const asked = fetch(request)
  const fresh = await Promise.race([asked, tooSlow()]).catch(() => undefined)
  return fresh?.ok ? fresh : ((await cached(page)) ?? asked)
}

/** Names of files in the shell change with what is in them: a cached one is the right one. */
async function openFile(request: Request): Promise<Response> {
  return (await cached(request.url)) ?? fetch(request)
}

function isPage({ mode, url }: Request): boolean {
  const { origin, pathname } = new URL(url)
  return mode === 'navigate' && origin + pathname === page
}

worker.addEventListener('install', (event) => event.waitUntil(install()))
worker.addEventListener('activate', (event) => event.waitUntil(activate()))
worker.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET') return
  if (isPage(request)) event.respondWith(openPage(request))
  else if (shell.has(request.url)) event.respondWith(openFile(request))
})
