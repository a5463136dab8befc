// Hands HTTP requests from a socket file to a port of this machine's loopback: node forward.ts SOCKET PORT
import { Agent, createServer, request } from 'node:http'

/** What tells the other side that nothing was sent on: nobody listens there. */
export const NOBODY_LISTENS = 'x-nobody-listens'

const forward = (socket: string, port: number): void => {
  const agent = new Agent({ keepAlive: false, maxSockets: Infinity })
  const server = createServer((asked, answer) => {
    const { method, url, headers } = asked
    const onward = request({ agent, host: '127.0.0.1', port, method, path: url, headers })
    onward.once('response', (response) => {
      answer.writeHead(response.statusCode!, response.headers)
      response.once('error', () => answer.destroy())
      response.pipe(answer)
    })
    onward.once('error', (error: NodeJS.ErrnoException) => {
      if (error.syscall === 'connect') answer.writeHead(502, { [NOBODY_LISTENS]: '1' }).end()
      else answer.destroy()
    })
    answer.once('close', () => onward.destroy())
    asked.pipe(onward)
  })
  // Whoever started it waits for a word.
  server.listen(socket, () => console.log('ready'))
}

if (import.meta.main) forward(process.argv[2]!, Number(process.argv[3]))
