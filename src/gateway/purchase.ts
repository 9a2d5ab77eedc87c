import { leftMicros } from '../accounting/budget.ts'
import { usdOf } from '../accounting/money.ts'
import { highestCostMicros, imagesAsked } from '../models/prices/cost.ts'
import { qualityLabel, sizeLabel } from '../telemetry/labels.ts'
import { newGenerationId } from './ids.ts'
import type { CallerLimits } from '../access/limits/caller-limits.ts'
import type { LedgerWriter } from '../accounting/ledger-writer.ts'
import type { Hold } from '../accounting/ledger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Exchange } from './exchange.ts'
import type { Order } from './requests/order.ts'

export interface PurchaseOptions {
  readonly limits: CallerLimits
  /** Undefined where there is no database. */
  readonly ledger: LedgerWriter | undefined
  readonly metrics: Metrics
  /** Whether a key with a budget may use a model without a price. */
  readonly allowUnpriced: boolean
  readonly priceMultiplier: number
}

/** The two reservations of a new order before it is sent: its place in the caller's limits, and its highest cost. */
export class Purchase {
  readonly generationId = newGenerationId()
  hold: Hold | undefined
  readonly #options: PurchaseOptions
  #giveBack: () => void = () => {}

  constructor(options: PurchaseOptions) {
    this.#options = options
  }

  /**
   * Counts the order against the caller's limits, then holds the most that it can cost. The row of the hold is in the
   * ledger before anything goes upstream.
   * @throws GatewayError 400, 401, 403, 429, 503
   */
  async reserve(order: Order, exchange: Exchange): Promise<void> {
    const { limits, ledger } = this.#options
    const { caller } = exchange
    const images = imagesAsked(order.model.entry, order.parameters)
    const { headers, giveBack } = limits.count(caller, images)
    this.#giveBack = giveBack
    Object.assign(exchange.headers, headers)
    if (ledger !== undefined) this.hold = await this.#held(ledger, order, exchange)
  }

  /** Nothing was bought: gives everything back. */
  undo(): void {
    this.#giveBack()
    if (this.hold !== undefined) this.#options.ledger?.cancel(this.hold)
    this.hold = undefined
  }

  async #held(ledger: LedgerWriter, { endpoint, model, parameters }: Order, exchange: Exchange): Promise<Hold> {
    const { allowUnpriced, priceMultiplier, metrics } = this.#options
    const { name = '', key } = exchange.caller ?? {}
    const hold = await ledger.hold({
      generationId: this.generationId,
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
}
