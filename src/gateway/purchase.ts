import { leftMicros } from '../accounting/budget.ts'
import { usdOf } from '../accounting/money.ts'
import { highestCostMicros, imagesAsked } from '../models/prices/cost.ts'
import { qualityLabel, sizeLabel } from '../telemetry/labels.ts'
import { checkCost, cheaperForm } from './check-access.ts'
import { newGenerationId } from './ids.ts'
import type { MemoryOrderKeys } from '../accounting/memory-order-keys.ts'
import type { CallerLimits } from '../access/limits/caller-limits.ts'
import type { LedgerWriter } from '../accounting/ledger-writer.ts'
import type { Hold, OrderKey } from '../accounting/ledger.ts'
import type { Settlement } from '../accounting/settlement.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { OrderIdentity } from './adoption/order-identity.ts'
import type { Exchange } from './exchange.ts'
import type { Clock } from './generation/clock.ts'
import type { Order } from './requests/order.ts'

export interface PurchaseOptions {
  readonly limits: CallerLimits
  /** Undefined where there is no database. */
  readonly ledger: LedgerWriter | undefined
  /** Keeps order keys where there is no database. */
  readonly orderKeys: MemoryOrderKeys
  /** How long an Idempotency-Key is remembered. */
  readonly idempotencyTtlMs: number
  readonly clock: Clock
  readonly metrics: Metrics
  /** Whether a key with a budget may use a model without a price. */
  readonly allowUnpriced: boolean
  readonly priceMultiplier: number
}

interface KeyedOrder {
  readonly order: Order
  readonly orderKey: OrderKey | undefined
}

/**
 * The reservations of a new order before it is sent: its place in the caller's limits, its highest cost, and its
 * Idempotency-Key.
 */
export class Purchase {
  readonly generationId = newGenerationId()
  hold: Hold | undefined
  readonly #options: PurchaseOptions
  #giveBack: () => void = () => {}
  /** Taken in memory, where there is no database. */
  #takenKey: OrderKey | undefined

  constructor(options: PurchaseOptions) {
    this.#options = options
  }

  /**
   * Refuses an order that is too dear for one request, counts it against the caller's limits, then holds the most that it
   * can cost and takes its key. Both are in the ledger before anything goes upstream.
   * @throws GatewayError 400, 401, 403, 409, 422, 429, 503
   */
  async reserve(order: Order, exchange: Exchange, identity: OrderIdentity): Promise<void> {
    const { limits, ledger, orderKeys, clock } = this.#options
    const { caller } = exchange
    checkCost(order, caller, this.#options)
    const images = imagesAsked(order.model.entry, order.parameters)
    const { headers, giveBack } = limits.count(caller, images)
    this.#giveBack = giveBack
    Object.assign(exchange.headers, headers)
    const orderKey = this.#orderKeyOf(identity)
    if (ledger !== undefined) this.hold = await this.#held(ledger, { order, orderKey }, exchange)
    else if (orderKey !== undefined) {
      orderKeys.take(orderKey, this.generationId, clock.date())
      this.#takenKey = orderKey
    }
  }

  /** The generation has ended: books what it came to, and gives the rest back. */
  settle(settlement: Settlement): void {
    const { ledger, orderKeys } = this.#options
    if (this.hold !== undefined) ledger?.settle(this.hold, settlement)
    if (this.#takenKey === undefined) return
    if (settlement.verdict === 'free') orderKeys.giveBack(this.#takenKey, this.generationId)
    else orderKeys.keep(this.#takenKey, this.generationId)
  }

  /** Nothing was bought: gives everything back. */
  undo(): void {
    this.#giveBack()
    const { ledger, orderKeys } = this.#options
    if (this.hold !== undefined) ledger?.cancel(this.hold)
    if (this.#takenKey !== undefined) orderKeys.giveBack(this.#takenKey, this.generationId)
    this.hold = undefined
  }

  #orderKeyOf({ keyDigests }: OrderIdentity): OrderKey | undefined {
    if (keyDigests === undefined) return undefined
    const { clock, idempotencyTtlMs } = this.#options
    return { ...keyDigests, expiresAt: clock.date() + idempotencyTtlMs }
  }

  async #held(ledger: LedgerWriter, { order, orderKey }: KeyedOrder, exchange: Exchange): Promise<Hold> {
    const { allowUnpriced, priceMultiplier, metrics, clock } = this.#options
    const { endpoint, model, parameters } = order
    const { name = '', key } = exchange.caller ?? {}
    const ordered = {
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
      orderKey,
      heldAt: clock.date(),
    }
    const hold = await ledger.hold(ordered, (atMostMicros) => cheaperForm(order, priceMultiplier, atMostMicros))
    const { limitMicros } = hold.budget ?? {}
    const left = hold.budget === undefined ? undefined : leftMicros(hold.budget)
    if (left !== undefined && limitMicros !== undefined) {
      exchange.headers['x-gateway-budget-remaining-usd'] = String(usdOf(left))
      metrics.budgetRemaining(name, usdOf(left), usdOf(limitMicros))
    }
    return hold
  }
}
