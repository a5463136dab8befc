// The switch: takes this tab off the network, or back on it.
import { announceSoon } from './announce.ts'
import { message } from './message.ts'
import { replica } from './state.ts'

export async function setOffline(offline: boolean): Promise<void> {
  try {
    await replica.peek()?.setOffline(offline)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    message.value = `The switch did not work: ${reason}`
    announceSoon(message.value)
  }
}
