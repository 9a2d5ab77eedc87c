import buildConnector from 'undici/lib/core/connect.js'
import Client from 'undici/lib/dispatcher/client.js'
import { SlabReader } from './slab-reader.ts'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { buildConnector as Connector, Dispatcher } from 'undici'
import type { SlabPool } from '../spool/slab-pool.ts'
import type { AnswerSource } from './slab-reader.ts'

/** Handles an answer, and tells the connection that it comes on how far it has come. */
export interface AnswerHandler extends Dispatcher.DispatchHandler {
  source: AnswerSource | undefined
}

/** Shared by the connections of one pool. */
export interface ConnectionOptions {
  readonly slabs: SlabPool
  readonly connectTimeoutMs: number
  /** The latest TLS session: the next connection takes fewer round trips with it. */
  session?: Buffer
}

/** One connection of undici's pool, read into slabs. It has one request at a time. */
export class AnswerConnection extends Client implements AnswerSource {
  readonly #options: ConnectionOptions
  #reader: SlabReader | undefined

  constructor(origin: URL, poolOptions: Client.Options, options: ConnectionOptions) {
    super(origin, { ...poolOptions, connect: (to, done) => this.#connect(to, done) })
    this.#options = options
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: AnswerHandler): boolean {
    handler.source = this
    return super.dispatch(options, handler)
  }

  answerBegan(): void {
    this.#reader?.answerBegan()
  }

  answerRead(): void {
    this.#reader?.answerRead()
  }

  answerOver(): void {
    this.#reader?.answerOver()
  }

  #connect(to: Connector.Options, done: Connector.Callback): void {
    const { slabs, connectTimeoutMs, session } = this.#options
    const reader = new SlabReader(slabs)
    const options = {
      allowH2: false,
      timeout: connectTimeoutMs,
      // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment cannot turn the check off.
      rejectUnauthorized: true,
      ...(session === undefined ? {} : { session }),
      onread: reader.onread,
    }
    // undici hands `onread` on to net.connect and tls.connect, and gives back their socket, although its types do not say so.
    const connect = buildConnector(options) as unknown as (
      ...args: Parameters<Connector.connector>
    ) => Socket | TLSSocket
    const socket = connect(to, done)
    reader.attach(socket)
    if ('encrypted' in socket) socket.on('session', (latest: Buffer) => (this.#options.session = latest))
    this.#reader = reader
  }
}
