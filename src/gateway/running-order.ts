import { isAmbiguous } from '../errors/gateway-error.ts'
import { settlementOf } from './generation/settlement.ts'
import type { Settlement } from '../accounting/settlement.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { AnswerReceiver, Upstream } from '../upstream/upstream.ts'
import type { Adoptable } from './adoption/adoptable.ts'
import type { Adoptions } from './adoption/adoptions.ts'
import type { Exchange } from './exchange.ts'
import type { Clock } from './generation/clock.ts'
import type { Generation, GenerationOwner } from './generation/generation.ts'
import type { UpstreamOutcome } from './generation/settlement.ts'
import type { Purchase } from './purchase.ts'
import type { Order } from './requests/order.ts'
import type { UpstreamPauses } from '../upstream/pauses.ts'

export interface RunningOrderOptions {
  readonly upstream: Pick<Upstream, 'post'>
  readonly metrics: Metrics
  readonly adoptions: Adoptions
  readonly clock: Clock
  readonly priceMultiplier: number
  readonly pauses: UpstreamPauses
  /** A generation has settled after its last exchange had ended: its usage needs a log line of its own. */
  readonly onOrphanSettled: (exchange: Exchange, generation: Generation, settlement: Settlement) => void
}

interface Bought {
  readonly order: Order
  readonly exchange: Exchange
  readonly purchase: Purchase
}

/** The order behind one generation: sends it, settles it once, and goes with its body when that is done. */
export class RunningOrder implements GenerationOwner {
  /** Undefined where nothing is kept. */
  adoptable: Adoptable | undefined
  readonly #bought: Bought
  readonly #options: RunningOrderOptions
  readonly #onEnded: () => void

  constructor(bought: Bought, options: RunningOrderOptions, onEnded: () => void) {
    this.#bought = bought
    this.#options = options
    this.#onEnded = onEnded
  }

  send(receiver: AnswerReceiver): void {
    const { endpoint, call, body } = this.#bought.order
    this.#options.upstream.post({ path: endpoint.path, contentType: call.contentType, body }, receiver)
  }

  retrying(error: GatewayError): void {
    this.#options.metrics.retried(error.code)
    this.#heedPause(error)
  }

  accepted(): void {
    this.#options.pauses.end(this.#bought.order.model.label)
  }

  /** One record for the ledger, the metrics and the log. */
  settle(generation: Generation, outcome: UpstreamOutcome): Settlement {
    const { metrics, adoptions, clock, priceMultiplier, onOrphanSettled } = this.#options
    const { order, exchange, purchase } = this.#bought
    order.call.discard()
    const settlement = settlementOf({ ...order, priceMultiplier }, outcome, clock.now() - exchange.startedAt)
    purchase.settle(settlement)
    metrics.generationSettled(exchange.labels, settlement)
    if (outcome.failure !== undefined && isAmbiguous(outcome.failure)) metrics.ambiguousFailure()
    if (generation.isOrphan) metrics.orphaned(-1)
    if (this.adoptable !== undefined) adoptions.settled(this.adoptable)
    const wasSent = outcome.failure?.code !== 'client_closed_request'
    if (generation.isOrphan && wasSent) onOrphanSettled(exchange, generation, settlement)
    this.#heedPause(outcome.failure)
    this.#onEnded()
    return settlement
  }

  /** The upstream may have asked for a pause; any other answer ends one. */
  #heedPause(failure: GatewayError | undefined): void {
    const { pauses } = this.#options
    const { label } = this.#bought.order.model
    const seconds = failure?.details.origin?.retryAfterSeconds
    if (seconds === undefined) pauses.end(label)
    else pauses.begin(label, seconds)
  }
}
