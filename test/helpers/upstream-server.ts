import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface UpstreamBehaviour {
  /** Given every request before its body is read. */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => unknown
  /** Given every connection in place of the HTTP parser, for what goes wrong below HTTP. */
  readonly onConnection?: (socket: Socket) => unknown
}

/**
 * A loopback server that every upstream of tests and benchmarks stands on. Its listener is apart from the HTTP parser:
 * closing an HTTP server also closes its idle connections, on which a request may be under way.
 */
export class UpstreamServer {
  /** Open connections. */
  readonly sockets = new Set<Socket>()
  /** Connections so far. */
  connections = 0
  /** 0 before it listens for the first time; the same port ever after. */
  port = 0
  readonly #http
  readonly #listener = createServer((socket) => this.#connected(socket))
  readonly #onConnection

  constructor({ onRequest = () => {}, onConnection }: UpstreamBehaviour) {
    this.#http = createHttpServer((request, response) => {
      response.on('error', () => {})
      onRequest(request, response)
    })
    this.#onConnection = onConnection ?? ((socket: Socket) => this.#http.emit('connection', socket))
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async listen(port = this.port): Promise<void> {
    this.#listener.listen(port, '127.0.0.1')
    await once(this.#listener, 'listening')
    this.port = (this.#listener.address() as AddressInfo).port
  }

  /** Takes no new connections; open ones stay so. */
  refuse(): void {
    this.#listener.close()
  }

  /** Cuts all connections and stops listening. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    if (this.#listener.listening) await new Promise((resolve) => this.#listener.close(resolve))
  }

  #connected(socket: Socket): void {
    this.connections++
    this.sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
    this.#onConnection(socket)
  }
}

/** Reads a body to its end; where the gateway goes away before, what has come. */
export async function bodyOf(request: IncomingMessage): Promise<{ readonly body: Buffer; readonly isWhole: boolean }> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    // not whole
  }
  return { body: Buffer.concat(chunks), isWhole: request.complete }
}
