import Pool from 'undici/lib/dispatcher/pool.js'
import { readHeaders } from './answer-headers.ts'
import { AnswerConnection } from './answer-connection.ts'
import { SlabPool } from '../spool/slab-pool.ts'
import { keyRedactor } from './redaction.ts'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { AnswerHandler } from './answer-connection.ts'
import type { AnswerHeaders, ReceivedHeaders } from './answer-headers.ts'
import type { AnswerSource } from './slab-reader.ts'
import type { Redact } from './redaction.ts'

export interface UpstreamOptions {
  /** Scheme, host and an optional path prefix; from the configuration only, never from a request. */
  readonly baseUrl: string
  readonly key: string
  readonly connectTimeoutMs: number
  /** Takes every secret of the gateway out of a text. */
  readonly redact: Redact
}

/** One request as it goes upstream; the body is sent as it is. */
export interface UpstreamRequest {
  /** E.g. `/v1/images/generations`. */
  readonly path: string
  readonly contentType: string
  readonly body: Buffer | StreamedBody
}

/** A body that is read as it is sent. */
export interface StreamedBody {
  readonly bytes: number
  open(): Readable
}

/** Applies backpressure to the answer that is coming in, or ends it. */
export type AnswerControl = Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'>

/**
 * Receives an answer as it arrives. `abort` comes at most once, instead of `end`. A chunk is lent until `write` returns
 * (spool/slab.ts).
 */
export interface AnswerReceiver {
  /** The request has a connection and is about to be written: from here on, it may have reached the upstream. */
  sending(control: AnswerControl): void
  begin(status: number, headers: AnswerHeaders): void
  write(chunk: Buffer): void
  end(): void
  abort(error: Error): void
}

/** CometAPI behind one connection pool: the only place where the upstream key is put into a request. */
export class Upstream {
  readonly #pool: Pool
  readonly #pathPrefix: string
  readonly #headers: Readonly<Record<string, string>>
  /** Every text of the upstream that is kept or shown passes through here: no secret in it, and no part of the key. */
  readonly redact: Redact
  /** The memory that answers are read into. */
  readonly slabs = new SlabPool()

  constructor({ baseUrl, key, connectTimeoutMs, redact }: UpstreamOptions) {
    const { origin, pathname } = new URL(baseUrl)
    const redactKey = keyRedactor(key)
    this.redact = (text) => redactKey(redact(text))
    this.#pathPrefix = pathname.replace(/\/$/, '')
    this.#headers = Object.freeze({
      authorization: `Bearer ${key}`,
      accept: 'application/json',
      // The answer must stay readable to the tap: base64 in gzip would have to be unpacked to be counted.
      'accept-encoding': 'identity',
      'user-agent': 'comet-gateway',
    })
    const connection = { slabs: this.slabs, connectTimeoutMs }
    this.#pool = new Pool(origin, {
      allowH2: false,
      pipelining: 1,
      // No timeouts here: the generation has one timer for all of its attempts.
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (to, options) => new AnswerConnection(to, options, connection),
    })
  }

  /** Sends a POST and reports its answer. Redirects are answers like any other: they are never followed. */
  post({ path, contentType, body }: UpstreamRequest, receiver: AnswerReceiver): void {
    const options: Dispatcher.DispatchOptions = {
      method: 'POST',
      path: this.#pathPrefix + path,
      headers: {
        'content-type': contentType,
        ...(Buffer.isBuffer(body) ? {} : { 'content-length': String(body.bytes) }),
        ...this.#headers,
      },
      body: Buffer.isBuffer(body) ? body : body.open(),
    }
    this.#pool.dispatch(options, new DispatchAdapter(receiver, this.redact))
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** Translates undici's callbacks into those of the receiver. */
class DispatchAdapter implements AnswerHandler {
  source: AnswerSource | undefined
  readonly #receiver: AnswerReceiver
  readonly #redact: Redact

  constructor(receiver: AnswerReceiver, redact: Redact) {
    this.#receiver = receiver
    this.#redact = redact
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#receiver.sending(controller)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ReceivedHeaders): void {
    if (status < 200) return
    this.source?.answerBegan()
    this.#receiver.begin(status, readHeaders(headers, this.#redact))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.source?.answerRead()
    this.#receiver.write(chunk)
  }

  onResponseEnd(): void {
    this.source?.answerOver()
    this.#receiver.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.source?.answerOver()
    this.#receiver.abort(error)
  }
}
