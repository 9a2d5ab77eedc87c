import { errorEvent } from './answers/answer.ts'
import { clientSink, costOf, deliveryOf } from './relay.ts'
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { AnswerSink } from './answers/answer.ts'
import type { Generation } from './generation/generation.ts'
import type { Exchange } from './exchange.ts'

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
  const delivery = deliveryOf(generation, exchange)
  const isAnswered = await within(keepAliveMs, generation.answered)
  if (raw.destroyed) return reply.hijack()
  reply.code(200).headers(HEADERS).headers(exchange.headers)
  raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders)
  reply.hijack()
  if (!isAnswered) raw.write(COMMENT)
  const client = clientSink(raw, generation, delivery, exchange)
  const priced = { ...client, end: () => endWithCost(client, costOf(generation, exchange)) }
  const sink = keptAlive(priced, keepAliveMs, () => {
    if (generation.isBetweenEvents && raw.writableLength === 0) raw.write(COMMENT)
  })
  raw.once('close', sink.stop)
  generation.answered.then(
    () => delivery.flowInto(sink),
    (error: GatewayError) => {
      exchange.error = error
      sink.write(errorEvent(error))
      sink.end()
    },
  )
  return reply
}

/** Headers are out long since: the cost goes into a last comment. */
function endWithCost(sink: AnswerSink, cost: string | undefined): void {
  if (cost !== undefined) sink.write(Buffer.from(`: x-gateway-cost-usd ${cost}\n\n`))
  sink.end()
}

/** A sink that is reminded whenever nothing was written for a while. */
function keptAlive(sink: AnswerSink, everyMs: number, remind: () => void): AnswerSink & { readonly stop: () => void } {
  const timer = setInterval(remind, everyMs)
  const stop = (): void => clearInterval(timer)
  return {
    write: (chunk) => {
      timer.refresh()
      return sink.write(chunk)
    },
    end: () => {
      stop()
      sink.end()
    },
    abort: () => {
      stop()
      sink.abort()
    },
    stop,
  }
}

/** Whether the promise is fulfilled in time; where it is rejected in time, that error. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([promise.then(() => true), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
