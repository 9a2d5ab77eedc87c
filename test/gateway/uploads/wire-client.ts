import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { openFilesBelow } from '../../helpers/open-files.ts'
import type { Socket } from 'node:net'
import type { TestGateway } from '../../helpers/gateway.ts'

export const BOUNDARY = 'limit'

/** One answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** A client that writes what it likes, on one connection, and reads the answers one after the other. */
export class WireClient {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  #received: Buffer = Buffer.alloc(0)
  #isClosed = false
  #changed: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#changed()
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true
        this.#changed()
        resolve(undefined)
      })
    })
  }

  static async to(url: string): Promise<WireClient> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    return new WireClient(socket)
  }

  /** Everything that has come and was not taken as an answer. */
  get rest(): string {
    return this.#received.toString('latin1')
  }

  /** Writes, and waits until the system has taken it or the other side is gone. */
  async write(bytes: string | Buffer): Promise<void> {
    if (this.socket.write(bytes)) return
    await Promise.race([once(this.socket, 'drain').catch(() => {}), this.closed])
  }

  async writeSlowly(bytes: Buffer): Promise<void> {
    for (const byte of bytes) {
      this.socket.write(Buffer.from([byte]))
      await setImmediate()
    }
  }

  /** The next answer; an interim one (100) is one too. */
  async answer(): Promise<WireAnswer> {
    const end = await this.#until(() => this.#received.indexOf('\r\n\r\n'))
    const [statusLine = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n')
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    this.#received = this.#received.subarray(end + 4)
    const status = Number(statusLine.split(' ')[1])
    if (status < 200) return { status, headers, body: Buffer.alloc(0) }
    const body = headers.has('content-length')
      ? await this.#take(Number(headers.get('content-length')))
      : await this.#chunks()
    return { status, headers, body }
  }

  async #chunks(): Promise<Buffer> {
    const parts: Buffer[] = []
    for (;;) {
      const lineEnd = await this.#until(() => this.#received.indexOf('\r\n'))
      const length = Number.parseInt(this.#received.toString('latin1', 0, lineEnd), 16)
      await this.#take(lineEnd + 2)
      parts.push(await this.#take(length))
      await this.#take(2)
      if (length === 0) return Buffer.concat(parts)
    }
  }

  async #take(length: number): Promise<Buffer> {
    await this.#until(() => (this.#received.length >= length ? length : -1))
    const taken = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    return taken
  }

  async #until(found: () => number): Promise<number> {
    for (;;) {
      const index = found()
      if (index !== -1) return index
      if (this.#isClosed) throw new Error(`the connection was closed after: ${this.rest.slice(0, 500)}`)
      await new Promise<void>((resolve) => (this.#changed = resolve))
    }
  }
}

/** The head of a request. A header that is undefined is left out. */
export function head(path: string, headers: Readonly<Record<string, string | number | undefined>>): string {
  const all = { host: 'localhost', 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** An upload as a whole request. */
export function upload(body: Buffer, headers: Readonly<Record<string, string | number | undefined>> = {}): Buffer {
  const text = head('/v1/images/edits', { 'content-length': body.length, ...headers })
  return Buffer.concat([Buffer.from(text), body])
}

/** A part of a form with its headers as they are given. */
export function part(headers: string, data: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n${headers}\r\n\r\n`), Buffer.from(data), Buffer.from('\r\n')])
}

export const text = (name: string, data: string): Buffer => part(`content-disposition: form-data; name="${name}"`, data)
export const file = (data: Buffer, name = 'image', filename = 'a.png'): Buffer =>
  part(`content-disposition: form-data; name="${name}"; filename="${filename}"\r\ncontent-type: image/png`, data)
export const END = Buffer.from(`--${BOUNDARY}--\r\n`)

let edits = 0

/** A form that gpt-image-2 takes, and that nobody sent before: an equal one could be given the answer of another. */
export function edit(picture: Buffer, ...more: readonly Buffer[]): Buffer {
  return Buffer.concat([
    text('model', 'gpt-image-2'),
    text('prompt', `more light ${++edits}`),
    file(picture),
    ...more,
    END,
  ])
}

/** In chunked transfer coding. */
export function chunked(body: Buffer, chunkBytes: number): Buffer {
  const last = '0\r\n\r\n'
  const perChunk = chunkBytes.toString(16).length + 4
  const all = Buffer.alloc(body.length + Math.ceil(body.length / chunkBytes) * perChunk + last.length)
  let end = 0
  for (let at = 0; at < body.length; at += chunkBytes) {
    const bytes = Math.min(chunkBytes, body.length - at)
    end += all.write(`${bytes.toString(16)}\r\n`, end, 'latin1')
    end += body.copy(all, end, at, at + bytes)
    end += all.write('\r\n', end, 'latin1')
  }
  end += all.write(last, end, 'latin1')
  return all.subarray(0, end)
}

/** The resources that a gateway must have given back afterwards. */
export interface Census {
  /** Open files below its data directory, those without a name too. */
  readonly openFiles: number
  readonly filesOnDisk: number
  readonly connections: number
  readonly underWay: number
}

export async function census({ app, directory }: TestGateway): Promise<Census> {
  const connections = new Promise<number>((resolve) => app.server.server.getConnections((_, count) => resolve(count)))
  return {
    openFiles: openFilesBelow(directory),
    filesOnDisk: filesBelow(directory),
    connections: await connections,
    underWay: app.underWay().length,
  }
}

export const NOTHING: Census = { openFiles: 0, filesOnDisk: 0, connections: 0, underWay: 0 }

function filesBelow(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).length
}
