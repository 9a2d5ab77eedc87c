import { GatewayError } from '../errors/gateway-error.ts'
import type { EarlierOrder } from './ledger.ts'

/** Enough for a retry to reach the process that has the answer, or for the generation to end without being bought. */
const LOOK_AGAIN_SECONDS = 5

/** The error for a client whose Idempotency-Key another order has: nothing is bought. */
export function orderedBefore({ generationId, isSameOrder, isUnderWay }: EarlierOrder): GatewayError {
  if (!isSameOrder) return idempotencyKeyReused()
  return isUnderWay ? orderUnderWay(generationId) : answerNotKept(generationId)
}

/** 422 `idempotency_key_reused` */
export function idempotencyKeyReused(): GatewayError {
  const message = 'This Idempotency-Key was used for another request. Use a new key for a new request.'
  return new GatewayError('idempotency_key_reused', message)
}

/** 409 `answer_not_kept` */
export function answerNotKept(generationId: string): GatewayError {
  const message =
    `This request was bought before as generation ${generationId}, or may have been, and its answer is not kept here. ` +
    'It was not bought again. To buy it again, order it anew, with a new Idempotency-Key if it has one.'
  return new GatewayError('answer_not_kept', message, { headers: naming(generationId) })
}

/** 409 `idempotency_in_progress` */
export function orderUnderWay(generationId: string): GatewayError {
  const message =
    `A request with this Idempotency-Key is under way as generation ${generationId}, and its answer is not to be had ` +
    'here. It was not bought again. Send it again later.'
  return new GatewayError('idempotency_in_progress', message, {
    headers: naming(generationId),
    retryAfterSeconds: LOOK_AGAIN_SECONDS,
  })
}

function naming(generationId: string): Record<string, string> {
  return { 'x-gateway-generation': generationId }
}
