import { duplexPair } from 'node:stream'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** A keep-alive connection to a server inside of this process: node:http reads it like any other, without a socket. */
export class MemoryConnection {
  readonly #client: Duplex
  #text = ''
  readonly #waiting: ((answer: string) => void)[] = []

  constructor(server: Server) {
    const [client, own] = duplexPair()
    this.#client = client
    client.on('data', (chunk: Buffer) => this.#read(chunk))
    server.emit('connection', own)
  }

  /** Sends the bytes of one request; resolves with its answer, head and body. */
  send(request: string): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#client.write(request)
    })
  }

  close(): void {
    this.#client.destroy()
  }

  #read(chunk: Buffer): void {
    this.#text += chunk.toString('latin1')
    for (let answer = this.#take(); answer !== undefined; answer = this.#take()) this.#waiting.shift()?.(answer)
  }

  /** The next whole answer. */
  #take(): string | undefined {
    const headEnds = this.#text.indexOf('\r\n\r\n')
    if (headEnds < 0) return undefined
    const length = /content-length: (\d+)/i.exec(this.#text)?.[1]
    if (length === undefined) throw new Error(`an answer without content-length: ${this.#text.slice(0, headEnds)}`)
    const end = headEnds + 4 + Number(length)
    if (this.#text.length < end) return undefined
    const answer = this.#text.slice(0, end)
    this.#text = this.#text.slice(end)
    return answer
  }
}
