import { Agent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { ErrorBody } from '../../src/errors/gateway-error.ts'

/** The bytes and the status that a client has at the end, complete or not. */
export interface Got {
  /** 0: not even a status. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The answer came to its proper end. */
  readonly isWhole: boolean
}

/** A request on its way. */
export interface Sent {
  /** The status has come. */
  readonly begun: Promise<void>
  /** The beginning of the body has come. */
  readonly someBytes: Promise<void>
  readonly got: Promise<Got>
  /** Closes the connection, as an SDK does that has waited long enough. */
  leave(): void
}

export interface Payload {
  readonly path: string
  readonly contentType: string
  readonly body: Buffer | string
}

export interface SendOptions {
  /** As the SDKs count: 0 is the first time. Undefined: the header is left out. */
  readonly retry?: number
  readonly idempotencyKey?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A client with connections of its own, which stay open between requests. */
export class Client {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true })
  /** Local ports of its connections. */
  readonly ports: number[] = []

  constructor(url: string) {
    this.#url = url
  }

  send({ path, contentType, body }: Payload, { retry, idempotencyKey, headers = {} }: SendOptions = {}): Sent {
    const request = httpRequest(this.#url + path, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'content-type': contentType,
        'content-length': Buffer.byteLength(body),
        ...(retry === undefined ? {} : { 'x-stainless-retry-count': String(retry) }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...headers,
      },
    })
    request.on('response', ({ socket }) => void this.ports.push(socket.localPort ?? 0))
    const sent = follow(request)
    request.end(body)
    return sent
  }

  close(): void {
    this.#agent.destroy()
  }
}

function follow(request: ClientRequest): Sent {
  const begun = Promise.withResolvers<void>()
  const someBytes = Promise.withResolvers<void>()
  const got = Promise.withResolvers<Got>()
  request.on('error', () => got.resolve({ status: 0, headers: {}, body: Buffer.alloc(0), isWhole: false }))
  request.on('response', (response: IncomingMessage) => {
    const chunks: Buffer[] = []
    const finish = (isWhole: boolean): void => {
      const { statusCode: status = 0, headers } = response
      got.resolve({ status, headers, body: Buffer.concat(chunks), isWhole })
    }
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      someBytes.resolve()
    })
    response.on('error', () => finish(false))
    response.on('close', () => finish(response.complete))
    begun.resolve()
  })
  const leave = (): void => {
    request.destroy()
    request.socket?.destroy() // also where the answer is complete and the connection would be used again
  }
  return { begun: begun.promise, someBytes: someBytes.promise, got: got.promise, leave }
}

/** The error that an answer holds; empty where it holds none. */
export function errorIn({ body }: Got): Partial<ErrorBody['error']> {
  try {
    return (JSON.parse(body.toString()) as Partial<ErrorBody>).error ?? {}
  } catch {
    return {}
  }
}
