import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Exchange } from './exchange.ts'
import type { AnswerSink } from './answers/answer.ts'
import type { Delivery } from './generation/delivery.ts'
import type { Generation } from './generation/generation.ts'
import { usdOf } from '../accounting/money.ts'
import { relayedLength, responseHeaders } from './headers.ts'

/**
 * How much of an answer may wait for one client before the upstream is held back. Node's own mark of 64 KiB stops the
 * upstream at every second chunk (docs/benchmarks.md); but many answers at once share what waits.
 */
const BUFFERED_BYTES = { most: 262_144, least: 65_536, together: 8_388_608 } as const

/**
 * Carries the answer to the client byte for byte: a small one, which is known whole, in one write; a large one as
 * it comes, holding the upstream back while the client reads slowly. An answer that breaks off cuts the client's
 * connection too, so that half an image is never taken for a whole one.
 * @throws GatewayError where the answer is not images
 */
export async function relay(reply: FastifyReply, generation: Generation, exchange: Exchange): Promise<FastifyReply> {
  const delivery = deliveryOf(generation, exchange)
  const { raw } = reply
  await generation.answered
  if (exchange.isAdopter && generation.failure !== undefined && generation.kept?.isCut === true)
    throw generation.failure
  if (raw.destroyed) {
    reply.hijack()
    return reply
  }
  reply.code(generation.status).headers(responseHeaders(generation.headers)).headers(exchange.headers)
  const whole = delivery.takeWhole()
  const cost = costOf(generation, exchange)
  if (cost !== undefined) reply.header('x-gateway-cost-usd', cost)
  const length = whole?.length ?? relayedLength(generation.headers)
  if (length !== undefined) reply.header('content-length', length)
  // Written past Fastify's reply, which would look at the payload again: a tenth of a small answer's time.
  raw.writeHead(generation.status, reply.getHeaders() as OutgoingHttpHeaders)
  reply.hijack()
  if (whole !== undefined) {
    raw.end(whole)
    exchange.bytesRelayed = whole.length
    exchange.relayedAt = performance.now()
    return reply
  }
  delivery.flowInto(clientSink(raw, generation, delivery, exchange))
  return reply
}

/** What the answer cost in USD, where that is known by now; not for whoever gets it a second time. */
export function costOf({ settlement }: Generation, { isAdopter }: Exchange): string | undefined {
  const micros = isAdopter ? undefined : settlement?.cost?.costMicros
  return micros === undefined ? undefined : String(usdOf(micros))
}

/** The answer as it comes for the first client; for one that comes later, from what is kept. */
export function deliveryOf(generation: Generation, { isAdopter }: Exchange): Delivery {
  return isAdopter ? generation.replay() : generation
}

/** The client's connection as a sink that holds the upstream back while the client reads slowly. */
export function clientSink(
  raw: ServerResponse,
  generation: Generation,
  delivery: Delivery,
  exchange: Exchange,
): AnswerSink {
  const bufferedBytes = (): number =>
    Math.max(BUFFERED_BYTES.least, Math.min(BUFFERED_BYTES.most, BUFFERED_BYTES.together / generation.alongside))
  raw.on('drain', () => delivery.resume())
  raw.once('close', () => delivery.stop())
  return {
    write: (chunk) => {
      exchange.bytesRelayed += chunk.length
      writeInBatches(raw, chunk)
      return raw.writableLength < bufferedBytes()
    },
    end: () => {
      raw.end()
      exchange.relayedAt = performance.now()
    },
    abort: () => raw.destroy(),
  }
}

/** Writes what arrives in one turn of the event loop with one system call. */
function writeInBatches(raw: ServerResponse, chunk: Buffer): void {
  if (raw.writableCorked === 0) {
    raw.cork()
    setImmediate(() => raw.uncork())
  }
  raw.write(chunk)
}
