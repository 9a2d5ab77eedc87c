import { isDoneWithin } from '../errors/time-limit.ts'
import { errorEvent } from './answers/answer.ts'
import { ClientSink, costOf } from './client-sink.ts'
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { AnswerSink } from './answers/answer.ts'
import type { Exchange } from './exchange.ts'
import type { Generation } from './generation/generation.ts'

/** A line that clients skip (WHATWG HTML, 9.2.6). */
const COMMENT = Buffer.from(': keep-alive\n\n')

/** `x-accel-buffering` keeps nginx from collecting the events. */
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

/**
 * Carries a stream of events to the client. A failure that is known soon enough is answered with its own status; once the
 * client has been told that a stream comes, as an `error` event. While nothing comes there are comments.
 * @throws GatewayError where the upstream refuses within `keepAliveMs`
 */
export async function relayEvents(
  reply: FastifyReply,
  generation: Generation,
  exchange: Exchange,
  keepAliveMs: number,
): Promise<FastifyReply> {
  const { raw } = reply
  const isAnswered = await isDoneWithin(keepAliveMs, generation.answered)
  if (raw.destroyed) return reply.hijack()
  reply.code(200).headers(HEADERS).headers(exchange.headers)
  if (generation.makesLinks) reply.header('x-gateway-converted', 'url')
  raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders)
  reply.hijack()
  if (!isAnswered) raw.write(COMMENT)
  const client = new ClientSink(raw, generation, exchange)
  const sink = new EventSink(client, generation, exchange)
  const comments = setInterval(() => {
    if (generation.isBetweenEvents && client.isIdle) raw.write(COMMENT)
  }, keepAliveMs)
  sink.onWrite = () => comments.refresh()
  raw.once('close', () => clearInterval(comments))
  generation.answered.then(
    () => exchange.delivery?.flowInto(sink),
    (error: GatewayError) => {
      exchange.error = error
      sink.write(errorEvent(error))
      sink.end()
    },
  )
  return reply
}

/** A client's connection that is told the cost in a last comment, since the headers are out long since. */
class EventSink implements AnswerSink {
  onWrite: () => void = () => {}
  readonly #client: ClientSink
  readonly #generation: Generation
  readonly #exchange: Exchange

  constructor(client: ClientSink, generation: Generation, exchange: Exchange) {
    this.#client = client
    this.#generation = generation
    this.#exchange = exchange
  }

  write(chunk: Buffer): boolean {
    this.onWrite()
    return this.#client.write(chunk)
  }

  end(): void {
    const cost = costOf(this.#generation, this.#exchange)
    if (cost !== undefined) this.#client.write(Buffer.from(`: x-gateway-cost-usd ${cost}\n\n`))
    this.#client.end()
  }

  abort(): void {
    this.#client.abort()
  }
}
