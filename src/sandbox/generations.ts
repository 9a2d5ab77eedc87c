import { setTimeout as sleep } from 'node:timers/promises'
import { answerOrder } from './answers.ts'
import { isBody } from './checks.ts'
import { rollFailure } from './failures.ts'
import { decide } from './order.ts'
import { cometRejection, GEMINI_ELSEWHERE, isForbidden, MODERATION_BLOCKED, noChannel } from './rejections.ts'
import { refuse } from './rules.ts'
import { findModel, isGemini, MODEL_BY_DEFAULT } from './served-models.ts'
import { readBody, send, sendJson, sendRejection } from './wire.ts'
import type { Publish } from './answers.ts'
import type { Body } from './checks.ts'
import type { Failure } from './failures.ts'
import type { Order, Quality } from './order.ts'
import type { Rejection } from './rejections.ts'
import type { Exchange } from './wire.ts'

/** How the sandbox behaves beyond CometAPI's rules. */
export interface Temper {
  latencyMs: number
  /** 0..1 */
  failureRate: number
  /** Asked in this order: does it fail, how does it fail, how long does it take. */
  random: () => number
  publish: Publish
}

/** POST /v1/images/generations. */
export async function generate(exchange: Exchange, temper: Temper): Promise<void> {
  const order = acceptOrder(await readBody(exchange.request))
  if ('error' in order) return sendRejection(exchange, order)
  const failure = rollFailure(temper.failureRate, temper.random)
  await wait(exchange, temper, order.quality)
  if (exchange.left.aborted) return undefined
  if (failure) return fail(exchange, failure, order, temper)
  return sendJson(exchange, 200, await answerOrder(order, temper.publish))
}

/** The upstream's checks in its own order: body, model, prompt and parameters, safety. */
function acceptOrder(bytes: Buffer | undefined): Order | Rejection {
  if (!bytes) return cometRejection(413, 'read_request_body_failed', 'request body too large')
  const body = parseBody(bytes)
  if (!body) return cometRejection(400, 'bad_request_body', 'invalid character in request body, JSON object expected')
  const id = body['model'] ?? MODEL_BY_DEFAULT
  if (typeof id !== 'string') return cometRejection(400, 'bad_request_body', 'field model must be a string')
  if (isGemini(id)) return GEMINI_ELSEWHERE
  const model = findModel(id || MODEL_BY_DEFAULT)
  if (!model) return noChannel(id)
  const refused = refuse(body, model)
  if (refused) return refused
  const order = decide(body, model)
  return isForbidden(order.prompt) ? MODERATION_BLOCKED : order
}

function parseBody(bytes: Buffer): Body | undefined {
  try {
    const body: unknown = JSON.parse(bytes.toString('utf8'))
    return isBody(body) ? body : undefined
  } catch {
    return undefined
  }
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

/** Waits as long as the upstream would, ±20 %; ends early when the client leaves. */
async function wait(exchange: Exchange, { latencyMs, random }: Temper, quality: Quality): Promise<void> {
  if (latencyMs <= 0) return
  const jitter = 0.8 + 0.4 * random()
  await sleep(latencyMs * PACE[quality] * jitter, undefined, { signal: exchange.left }).catch(() => undefined)
}

async function fail(exchange: Exchange, failure: Failure, order: Order, temper: Temper): Promise<void> {
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
