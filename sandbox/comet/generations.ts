import { isBody } from './rules/checks.ts'
import { fulfil } from './fulfilment.ts'
import { chooseModel } from './rules/model-choice.ts'
import { decide } from './order.ts'
import { BAD_JSON, isForbidden, MODERATION_BLOCKED, TOO_LARGE } from './rules/rejections.ts'
import { refuse } from './rules/rules.ts'
import { JSON_LIMIT_BYTES, readBody, sendRejection } from './wire.ts'
import type { SandboxFields } from './rules/checks.ts'
import type { Temper } from './fulfilment.ts'
import type { SandboxOrder } from './order.ts'
import type { Rejection } from './rules/rejections.ts'
import type { SandboxExchange } from './wire.ts'

/** POST /v1/images/generations. */
export async function generate(exchange: SandboxExchange, temper: Temper): Promise<void> {
  const order = acceptOrder(await readBody(exchange.request, JSON_LIMIT_BYTES))
  return 'error' in order ? sendRejection(exchange, order) : fulfil(exchange, order, temper)
}

/** The upstream's checks in its own order: body, model, prompt and parameters, safety. */
function acceptOrder(chunks: readonly Buffer[] | undefined): SandboxOrder | Rejection {
  if (!chunks) return TOO_LARGE
  const body = parseBody(Buffer.concat(chunks))
  if (!body) return BAD_JSON
  const model = chooseModel(body['model'], 'generation')
  if ('error' in model) return model
  const refused = refuse(body, model)
  if (refused) return refused
  const order = decide(body, model)
  return isForbidden(order.prompt) ? MODERATION_BLOCKED : order
}

function parseBody(bytes: Buffer): SandboxFields | undefined {
  try {
    const body: unknown = JSON.parse(bytes.toString('utf8'))
    return isBody(body) ? body : undefined
  } catch {
    return undefined
  }
}
