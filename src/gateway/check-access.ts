import { GatewayError } from '../errors/gateway-error.ts'
import { requestTooDear } from '../accounting/budget.ts'
import { allowsModel, modelNotAllowed } from '../access/keys/model-patterns.ts'
import { assumption } from '../models/catalogue.ts'
import { cheaperOrder } from '../models/prices/cheaper.ts'
import { highestCostMicros } from '../models/prices/cost.ts'
import type { Call } from './requests/endpoint.ts'
import type { Order } from './requests/order.ts'
import type { Caller } from '../access/keys/keyring.ts'
import type { ResolvedModel } from '../models/catalogue.ts'

/** Parameters that a key's limits depend on. */
const LIMITED_BY: ReadonlySet<string> = new Set(['model', 'n'])
const LONGEST = 5

/**
 * Refuses a model that the caller's key is not for. It is the resolved id that counts: no alias, case or space leads
 * around the list. Nor does a second `Model` beside `model`, where a model takes names that the gateway does not know:
 * CometAPI is written in Go, whose JSON decoder takes names in any case and the last one of several.
 * @throws GatewayError 403, 400
 */
export function checkAccess(
  caller: Caller | undefined,
  model: ResolvedModel,
  { parameters }: Pick<Call, 'parameters'>,
): void {
  const key = caller?.key
  if (key === undefined) return
  if (!allowsModel(key.models, model.id)) {
    const { code, message, details } = modelNotAllowed(key.name, key.models, model.id)
    throw new GatewayError(code, message + assumption(model), details)
  }
  for (const name of parameters.keys()) {
    const meant = name.length <= LONGEST ? name.toLowerCase() : name
    if (meant === name || !LIMITED_BY.has(meant)) continue
    const message = `Unknown parameter: '${name}'. Did you mean '${meant}'?`
    throw new GatewayError('unknown_parameter', message, { param: name })
  }
}

export interface Prices {
  readonly priceMultiplier: number
  /** Whether a key with a budget, or a highest cost of a request, may use a model without a price. */
  readonly allowUnpriced: boolean
}

/**
 * Refuses an order that can cost more than its key may spend on one request. An order that is given an earlier generation
 * costs nothing, and is not asked.
 * @throws GatewayError 400 `request_exceeds_limit`, 403 `model_not_priced`
 */
export function checkCost(order: Order, caller: Caller | undefined, { priceMultiplier, allowUnpriced }: Prices): void {
  const { name, maxCostMicros: limitMicros } = caller?.key ?? {}
  if (name === undefined || limitMicros === undefined) return
  const costMicros = highestCostMicros(order.model.entry, order.parameters, priceMultiplier)
  if (costMicros === undefined && !allowUnpriced) {
    const message = `The key '${name}' has a highest cost of one request, and the price of the model '${order.model.id}' is not known.`
    throw new GatewayError('model_not_priced', message, { param: 'model' })
  }
  if (costMicros === undefined || costMicros <= limitMicros) return
  throw requestTooDear({
    name,
    limitMicros,
    costMicros,
    cheaper: (atMost) => cheaperForm(order, priceMultiplier, atMost),
  })
}

/** The order in a cheaper form that costs at most an amount, in words. */
export function cheaperForm(
  { call, model, parameters }: Order,
  priceMultiplier: number,
  atMostMicros: number,
): string | undefined {
  const rules = model.entry.ruleSets[call.ruleSet]
  if (rules === undefined) return undefined
  return cheaperOrder({ model: model.entry, rules, parameters, priceMultiplier }, atMostMicros)
}
