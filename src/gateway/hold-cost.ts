import { leftMicros } from '../accounting/budget.ts'
import { usdOf } from '../accounting/money.ts'
import { highestCostMicros, imagesAsked } from '../models/prices/cost.ts'
import { newGenerationId } from './ids.ts'
import { qualityLabel, sizeLabel } from '../telemetry/labels.ts'
import type { Hold } from '../accounting/ledger.ts'
import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import type { Order } from './generations.ts'

/**
 * Reserves the most that the order can cost and writes its row into the ledger, before anything goes upstream.
 * @returns undefined where there is no database
 * @throws GatewayError 429, 403, 401, 503
 */
export async function holdCost(
  { endpoint, model, parameters }: Order,
  exchange: Exchange,
  { ledger, allowUnpriced, priceMultiplier, metrics }: Gateway,
): Promise<Hold | undefined> {
  if (ledger === undefined) return undefined
  const { name = '', key } = exchange.caller ?? {}
  const hold = await ledger.hold({
    generationId: newGenerationId(),
    keyName: name,
    keyId: key?.id,
    endpoint: endpoint.operation,
    model: model.id,
    size: sizeLabel(parameters.get('size')),
    quality: qualityLabel(parameters.get('quality')),
    n: imagesAsked(model.entry, parameters),
    highestMicros: highestCostMicros(model.entry, parameters, priceMultiplier),
    allowUnpriced,
    heldAt: Date.now(),
  })
  const left = hold.budget === undefined ? undefined : leftMicros(hold.budget)
  if (left !== undefined) {
    exchange.headers['x-gateway-budget-remaining-usd'] = String(usdOf(left))
    metrics.budgetRemaining(name, usdOf(left))
  }
  return hold
}
