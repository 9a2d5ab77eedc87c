import { setTimeout as sleep } from 'node:timers/promises'
import { answerOrder } from './answers.ts'
import { beginStream, eventText, sendText } from './event-stream.ts'
import { FAILURES, rollFailure, STREAM_FAILURES } from './failures.ts'
import { streamOrder } from './streamed-answers.ts'
import { send, sendJson } from './wire.ts'
import type { Publish } from './answers.ts'
import type { SandboxEvent } from './event-stream.ts'
import type { Failure, StreamFailure } from './failures.ts'
import type { SandboxOrder, Quality } from './order.ts'
import type { SandboxExchange } from './wire.ts'

/** How the sandbox behaves beyond CometAPI's rules. */
export interface Temper {
  latencyMs: number
  /** 0..1 */
  failureRate: number
  /** Asked in this order: does it fail, how does it fail, how long does it take. */
  random: () => number
  publish: Publish
}

/** Carries out an accepted order: takes its time, and then answers, streams or fails. */
export async function fulfil(exchange: SandboxExchange, order: SandboxOrder, temper: Temper): Promise<void> {
  const kinds = order.stream ? STREAM_FAILURES : FAILURES
  const failure = rollFailure(kinds, temper.failureRate, temper.random)
  const patience = patienceMs(temper, order.quality)
  if (order.stream && (!failure || failure.does === 'break stream')) {
    return stream(exchange, order, temper, patience, failure)
  }
  await wait(exchange, patience)
  if (exchange.left.aborted) return undefined
  if (failure && failure.does !== 'break stream') return fail(exchange, failure, order, temper)
  return sendJson(exchange, 200, await answerOrder(order, temper.publish))
}

/** How much longer or shorter than usual a quality takes. */
const PACE: Readonly<Record<Quality, number>> = {
  low: 0.6,
  standard: 0.8,
  medium: 1,
  hd: 1.2,
  high: 1.5,
  xhigh: 1.8,
  max: 2.2,
}

/** How long the upstream would take, ±20 %. */
function patienceMs({ latencyMs, random }: Temper, quality: Quality): number {
  return latencyMs > 0 ? latencyMs * PACE[quality] * (0.8 + 0.4 * random()) : 0
}

/** Ends early when the client leaves. */
async function wait({ left }: SandboxExchange, ms: number): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: left }).catch(() => undefined)
}

/** Spreads the events over the time; what nobody waits for any more is not drawn. */
async function stream(
  exchange: SandboxExchange,
  order: SandboxOrder,
  { publish }: Temper,
  patience: number,
  failure: StreamFailure | undefined,
): Promise<void> {
  const { events, count, done } = streamOrder(order, publish)
  beginStream(exchange)
  for await (const event of events) {
    await wait(exchange, patience / count)
    if (failure && event.finished) return breakStream(exchange, event, failure)
    if (!(await sendText(exchange, eventText(event)))) return undefined
  }
  exchange.response.end(done ? 'data: [DONE]\n\n' : '')
  return undefined
}

async function breakStream(
  exchange: SandboxExchange,
  event: SandboxEvent,
  { says, ends }: StreamFailure,
): Promise<void> {
  const { response, requestId } = exchange
  const whole = eventText(event)
  const last = says === 'half the event' ? whole.slice(0, Math.floor(whole.length / 2)) : says(requestId)
  if (ends === 'orderly') response.end(last)
  else if (!response.destroyed) response.write(last, () => response.destroy())
}

async function fail(exchange: SandboxExchange, failure: Failure, order: SandboxOrder, temper: Temper): Promise<void> {
  const { response, requestId } = exchange
  if (failure.does === 'answer') {
    if (failure.contentType.startsWith('text/html')) response.removeHeader('x-oneapi-request-id')
    return send(response, failure.status, failure.contentType, failure.body(requestId))
  }
  if (failure.does === 'reset') {
    response.socket?.resetAndDestroy()
    return undefined
  }
  const whole = Buffer.from(JSON.stringify(await answerOrder(order, temper.publish)))
  if (exchange.left.aborted) return undefined
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': whole.length })
  // Half of what was promised, and then the line goes dead.
  response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => response.destroy())
  return undefined
}
