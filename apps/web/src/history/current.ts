// The recorder of this tab, once there is one.
import { type Signal, signal } from '@preact/signals'
import type { HistoryRecorder } from './recorder.ts'

export const history: Signal<HistoryRecorder | undefined> = signal(undefined)
