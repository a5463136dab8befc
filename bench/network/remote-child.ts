// The bench's end of a child process.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Answer, Child, ChildOptions, Message } from './child.ts'

type Result<Order extends keyof Child> = Awaited<ReturnType<Child[Order]>>

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

export class RemoteChild {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0

  private constructor() {
    this.#process = fork(join(import.meta.dirname, 'child.ts'), {
      execArgv: ['--conditions=@tallymesh/source'],
      serialization: 'advanced',
    })
    this.#process.on('message', (answer: Answer) => this.#take(answer))
    this.#process.once('exit', (code) => this.#lose(new Error(`a peer ended with code ${code}`)))
  }

  static async start(options: ChildOptions): Promise<RemoteChild> {
    const child = new RemoteChild()
    await child.#send('start', [options])
    return child
  }

  call<Order extends keyof Child>(
    order: Order,
    ...args: Parameters<Child[Order]>
  ): Promise<Result<Order>> {
    return this.#send(order, args)
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const ended = once(this.#process, 'exit')
    // One that can not stop any more is not waited for.
    this.call('stop').catch(() => this.#process.kill('SIGKILL'))
    await ended
  }

  #send<T>(order: Message['order'], args: readonly unknown[]): Promise<T> {
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.set(id, { resolve, reject })
    this.#process.send({ id, order, args } satisfies Message)
    return promise
  }

  #take({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result as never)
    else waiting?.reject(new Error(error))
  }

  #lose(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
