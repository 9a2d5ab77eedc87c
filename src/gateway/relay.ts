import { ClientSink, costOf } from './client-sink.ts'
import { relayedLength, responseHeaders } from './answers/relayed-headers.ts'
import { relayEvents } from './relay-events.ts'
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Exchange } from './exchange.ts'
import type { Generation } from './generation/generation.ts'

/**
 * Carries a generation's answer to the client.
 * @throws GatewayError where the answer is not images
 */
export async function relay(
  reply: FastifyReply,
  generation: Generation,
  exchange: Exchange,
  keepAliveMs: number,
): Promise<FastifyReply> {
  return generation.isStream
    ? relayEvents(reply, generation, exchange, keepAliveMs)
    : relayAnswer(reply, generation, exchange)
}

/**
 * One answer, byte for byte: a small one, which is known whole, in one write; a large one as it comes, holding the upstream
 * back while the client reads slowly. An answer that breaks off cuts the client's connection too, so that half an image is
 * never taken for a whole one.
 */
async function relayAnswer(reply: FastifyReply, generation: Generation, exchange: Exchange): Promise<FastifyReply> {
  const { raw } = reply
  await generation.answered
  const { failure, kept } = generation
  if (exchange.isAdopter && failure !== undefined && kept?.ending === 'cut') throw failure
  const { delivery } = exchange
  if (raw.destroyed || delivery === undefined) return reply.hijack()
  const headers = reply.getHeaders() as OutgoingHttpHeaders
  Object.assign(headers, responseHeaders(generation.headers), exchange.headers)
  if (generation.pictureForms !== undefined) headers['x-gateway-converted'] = generation.pictureForms
  const whole = delivery.takeWhole()
  const cost = costOf(generation, exchange)
  if (cost !== undefined) headers['x-gateway-cost-usd'] = cost
  const length = whole?.length ?? relayedLength(generation.headers)
  if (length !== undefined) headers['content-length'] = length
  // Written past Fastify's reply, which would look at headers and payload again: a tenth of a small answer's time.
  raw.writeHead(generation.status, headers)
  reply.hijack()
  if (whole === undefined) delivery.flowInto(new ClientSink(raw, generation, exchange))
  else {
    raw.end(whole)
    exchange.bytesRelayed = whole.length
    exchange.relayedAt = performance.now()
  }
  return reply
}
