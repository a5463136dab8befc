// A Redis server with one replica, as processes of this machine, and as little of its protocol as it takes.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { end, endWithTests } from '../../test/support/ending.ts'
import { freeBlock } from '../../scripts/ports.ts'
import { temporaryFolder, type TemporaryFolder } from '../../test/support/temporary-folder.ts'

export type Fsync = 'always' | 'everysec'

/** The version of the server that is there, if any. */
export const redisVersion = (): string | undefined => {
  const { stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  return /v=(\S+)/.exec(stdout ?? '')?.[1]
}

/** One connection. `WAIT` holds it up, so that each caller has its own. */
class Connection {
  readonly #socket: Socket
  #received = ''
  #waiting: { lines: number; resolve: (lines: string[]) => void } | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (data) => {
      this.#received += data.toString('latin1')
      this.#settle()
    })
  }

  /** Sends commands together; resolves with a line of answer for each. */
  send(...commands: readonly string[][]): Promise<string[]> {
    const text = commands.map(
      (parts) =>
        `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`,
    )
    return new Promise((resolve) => {
      this.#waiting = { lines: commands.length, resolve }
      this.#socket.write(text.join(''))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #settle(): void {
    const lines = this.#received.split('\r\n')
    if (this.#waiting === undefined || lines.length <= this.#waiting.lines) return
    const { resolve } = this.#waiting
    this.#waiting = undefined
    this.#received = ''
    resolve(lines.slice(0, -1))
  }
}

export class Redis implements AsyncDisposable {
  readonly #port: number
  readonly #children: readonly ChildProcess[]
  readonly #folder: TemporaryFolder
  readonly #connections: Connection[] = []

  private constructor(port: number, children: readonly ChildProcess[], folder: TemporaryFolder) {
    this.#port = port
    this.#children = children
    this.#folder = folder
  }

  static async start(fsync: Fsync): Promise<Redis> {
    const folder = await temporaryFolder()
    const [port, replicaPort] = (await freeBlock(16_379, 2, new Set())) as [number, number]
    const serve = (name: string, at: number, ...more: string[]): ChildProcess => {
      const dir = join(folder.path, name)
      spawnSync('mkdir', ['-p', dir])
      const args = ['--port', `${at}`, '--dir', dir, '--bind', '127.0.0.1', '--save', '']
      const durable = ['--appendonly', 'yes', '--appendfsync', fsync]
      const child = spawn('redis-server', [...args, ...durable, ...more], { stdio: 'ignore' })
      endWithTests(child, 'SIGKILL')
      return child
    }
    const children = [
      serve('primary', port),
      serve('replica', replicaPort, '--replicaof', '127.0.0.1', `${port}`),
    ]
    const redis = new Redis(port, children, folder)
    await redis.#untilReplicated()
    return redis
  }

  async connect(): Promise<Connection> {
    const socket = connect(this.#port, '127.0.0.1')
    await once(socket, 'connect')
    const connection = new Connection(socket)
    this.#connections.push(connection)
    return connection
  }

  async #untilReplicated(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      try {
        const connection = await this.connect()
        const [, acknowledged] = await connection.send(['INCRBY', 'k', '1'], ['WAIT', '1', '1000'])
        if (acknowledged === ':1') return
      } catch {
        // Not up yet.
      }
      await pause(100)
    }
    throw new Error('the Redis replica does not follow')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close()
    for (const child of this.#children) await end(child, 'SIGTERM')
    await this.#folder[Symbol.asyncDispose]()
  }
}
