// What kind of machine a result came from: enough to read it by, and nothing that names the machine.
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly platform: string
  readonly node: string
  /** Processes that ran or waited to, over the minute before the end; the bench itself is one or more. */
  readonly loadAverage?: number
}

export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
  loadAverage: Math.round(loadavg()[0]! * 10) / 10,
})
