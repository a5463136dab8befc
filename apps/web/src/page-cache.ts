// Has the service worker keep the page in the browser (service-worker.ts), where there are any.
import { opensOffline } from './state.ts'

export async function keepPageOffline(): Promise<void> {
  if (!import.meta.env.PROD || navigator.serviceWorker === undefined) return
  try {
    await navigator.serviceWorker.register('./service-worker.js')
    await navigator.serviceWorker.ready
    opensOffline.value = true
  } catch {
    // Private modes refuse service workers: the page then opens only while its peer is up.
  }
}
