import { budgetExceeded, budgetOf, SPEND_LIMIT } from './budget.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { orderedBefore } from './ordered-before.ts'
import type { BudgetState, CheaperOrder } from './budget.ts'
import type { OrderedGeneration, HoldRefusal } from './ledger.ts'

/** The error for a client whose request could not be held. */
export function holdRefused(refusal: HoldRefusal, order: OrderedGeneration, cheaper: CheaperOrder): GatewayError {
  const { keyName, model, highestMicros = 0, heldAt } = order
  const exceeded = (budget: string, state: BudgetState): GatewayError =>
    budgetExceeded({ budget, state, costMicros: highestMicros, now: heldAt, cheaper })
  switch (refusal.refused) {
    case 'ordered_before':
      return orderedBefore(refusal.earlier)
    case 'budget':
      return exceeded(budgetOf(keyName), refusal.budget)
    case 'spend_limit':
      return exceeded(SPEND_LIMIT, refusal.budget)
    case 'in_flight':
      return tooManyInFlight(keyName, refusal.limit)
    case 'unpriced':
      return new GatewayError(
        'model_not_priced',
        `${refusal.isForEverybody === true ? 'The gateway has a spend limit' : `The key '${keyName}' has a budget`}, and the price of the model '${model}' is not known.`,
        { param: 'model' },
      )
    case 'key':
      break
  }
  return new GatewayError('invalid_api_key', 'This API key was revoked, disabled, or has expired.')
}

/** The refusal of a key that has as many generations in flight as it may. */
export function tooManyInFlight(keyName: string, limit: number): GatewayError {
  const message = `The key '${keyName}' may have ${limit} generations in flight at once. Wait for one of them to end.`
  return new GatewayError('rate_limit_exceeded', message, { retryAfterSeconds: 1 })
}
