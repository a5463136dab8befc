// Has the service worker keep the page in the browser (service-worker.ts), where there are any.
import { opensOffline } from './state.ts'

export async function keepPageOffline(): Promise<void> {
  if (!import.meta.env.PROD || navigator.serviceWorker === undefined) return
  // Refused in private modes, and while the peer is down, when one that is already here still serves.
  navigator.serviceWorker.register('./service-worker.js').catch(() => undefined)
  await navigator.serviceWorker.ready
  opensOffline.value = true
}
