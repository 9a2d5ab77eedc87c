import { budgetExceeded } from './budget.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { orderedBefore } from './ordered-before.ts'
import type { CheaperOrder } from './budget.ts'
import type { OrderedGeneration, HoldRefusal } from './ledger.ts'

/** The error for a client whose request could not be held. */
export function holdRefused(refusal: HoldRefusal, order: OrderedGeneration, cheaper: CheaperOrder): GatewayError {
  const { keyName, model, highestMicros = 0, heldAt } = order
  switch (refusal.refused) {
    case 'ordered_before':
      return orderedBefore(refusal.earlier)
    case 'budget':
      return budgetExceeded({ keyName, state: refusal.budget, costMicros: highestMicros, now: heldAt, cheaper })
    case 'in_flight':
      return new GatewayError(
        'rate_limit_exceeded',
        `The key '${keyName}' may have ${refusal.limit} generations in flight at once. Wait for one of them to end.`,
        { retryAfterSeconds: 1 },
      )
    case 'unpriced':
      return new GatewayError(
        'model_not_priced',
        `The key '${keyName}' has a budget, and the price of the model '${model}' is not known.`,
        { param: 'model' },
      )
    case 'key':
      break
  }
  return new GatewayError('invalid_api_key', 'This API key was revoked, disabled, or has expired.')
}
