import { GatewayError } from '../errors/gateway-error.ts'
import { leftBeforeSending } from '../upstream/failures.ts'
import { OrderIdentity } from './adoption/order-identity.ts'
import { foreseenRefusal } from '../access/limits/foreseen-refusal.ts'
import { Generation } from './generation/generation.ts'
import { OrdersBeingHeld } from './adoption/orders-being-held.ts'
import { OrderPictures } from './generation/order-pictures.ts'
import { Purchase } from './purchase.ts'
import { termsOf } from './requests/order.ts'
import { RunningOrder } from './running-order.ts'
import { sizeLabel } from '../telemetry/labels.ts'
import type { Socket } from 'node:net'
import type { CallerLimits } from '../access/limits/caller-limits.ts'
import type { LedgerWriter } from '../accounting/ledger-writer.ts'
import type { ForeseeingOptions } from '../access/limits/foreseen-refusal.ts'
import type { Adoptable } from './adoption/adoptable.ts'
import type { Exchange } from './exchange.ts'
import type { Pictures } from './generation/order-pictures.ts'
import type { PurchaseOptions } from './purchase.ts'
import type { RunningOrderOptions } from './running-order.ts'
import type { Order } from './requests/order.ts'

export interface GenerationsOptions extends PurchaseOptions, RunningOrderOptions, ForeseeingOptions {
  readonly limits: CallerLimits
  readonly ledger: LedgerWriter | undefined
  readonly timeoutMs: number
  /** Generations under way at once; 0 is no limit. */
  readonly maxInFlight: number
  readonly maxRetries: number
  readonly redact: (text: string) => string
  /** Undefined where no pictures are kept. */
  readonly pictures?: Pictures | undefined
}

/** Starts generations, gives them to clients that come back, and settles each exactly once. */
export class Generations {
  readonly #options: GenerationsOptions
  readonly #beingHeld = new OrdersBeingHeld()
  // A number, not a Set of them: a Set that is added to and deleted from all the time leaves a chain of outgrown
  // tables behind, which keep dead generations from the young collector (measured: a third of the throughput).
  #running = 0
  #whenIdle: (() => void)[] = []
  readonly #ended = (): void => {
    this.#running--
    if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  constructor(options: GenerationsOptions) {
    const { maxInFlight } = options
    this.#options = { ...options, maxInFlight: maxInFlight === 0 ? Number.POSITIVE_INFINITY : maxInFlight }
  }

  /**
   * The generation that answers an order: one that was bought before and that nobody got, else a new one. A new one
   * counts against the caller's limits, its highest cost is held, and it is sent upstream.
   * @returns undefined where the client has left, so that nothing was bought
   * @throws GatewayError 400, 401, 403, 409, 422, 429, 503
   */
  async obtain(order: Order, exchange: Exchange): Promise<Generation | undefined> {
    const identity = new OrderIdentity(exchange.caller?.name ?? '', termsOf(order), order.call, exchange.marks)
    return (await this.#adopt(order, identity, exchange)) ?? this.#buy(order, identity, exchange)
  }

  /**
   * Refuses a request that would be refused whatever its body says. One that may be given a generation that there is goes
   * on: that costs nothing.
   * @throws GatewayError 400, 429
   */
  async refuseForeseen({ caller, marks }: Exchange): Promise<void> {
    const { adoptions, maxInFlight } = this.#options
    const refusal =
      (await foreseenRefusal(this.#options, { caller, idempotencyKey: marks.idempotencyKey })) ??
      (this.#running >= maxInFlight ? tooManyInFlight(maxInFlight) : undefined)
    if (refusal !== undefined && !adoptions.mightAdopt(caller?.name ?? '', marks)) throw refusal
  }

  /**
   * The exchange of a generation has ended; what is still under way goes on without a client.
   * @param connection where all of the answer was written; undefined where not all was
   */
  exchangeEnded({ generation, delivery, adoptable }: Exchange, connection: Socket | undefined): void {
    if (generation === undefined || adoptable === undefined) return
    const { metrics, adoptions } = this.#options
    // Before the delivery stops: that may let the upstream's answer come to its end at once.
    if (generation.clients === 1 && generation.state !== 'settled') metrics.orphaned(1)
    delivery?.stop()
    if (generation.isOrphan) adoptions.lastClientLeft(adoptable, connection)
  }

  /** How many generations are under way. */
  get running(): number {
    return this.#running
  }

  /** Resolves when no generation is under way. */
  async idle(): Promise<void> {
    if (this.#running === 0) return
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  /** The generation of an earlier attempt of the same request, if there is one: nothing is bought again. */
  async #adopt(order: Order, identity: OrderIdentity, exchange: Exchange): Promise<Generation | undefined> {
    const found = await this.#options.adoptions.find(identity)
    if (found === undefined) return undefined
    if (exchange.hasEnded) throw leftBeforeSending() // while it waited; the generation must not wait for it
    return this.#share(found, order, identity, exchange)
  }

  async #buy(order: Order, identity: OrderIdentity, exchange: Exchange): Promise<Generation | undefined> {
    this.#options.pauses.pass(order.model.label)
    const purchase = new Purchase(this.#options)
    const { first, leave } = this.#beingHeld.enter(identity.key)
    try {
      await purchase.reserve(order, exchange, identity)
      await exchange.connectionIsSeen()
      if (!exchange.isClientGone) return this.#start(order, identity, exchange, purchase)
      purchase.undo()
      return undefined
    } catch (error) {
      const isHeld = purchase.hold !== undefined
      purchase.undo()
      // Another one with the key that is being held, or an equal one that took the rest of the budget meanwhile: share it.
      await first
      const twin = isHeld ? undefined : await this.#adopt(order, identity, exchange)
      if (twin === undefined) throw error
      return twin
    } finally {
      leave()
    }
  }

  #start(order: Order, identity: OrderIdentity, exchange: Exchange, purchase: Purchase): Generation {
    const { adoptions, metrics, maxInFlight } = this.#options
    // Once more, since the phases in between may have waited: two requests with one key must not both be bought.
    const twin = adoptions.twinOf(identity)
    if (twin !== undefined) {
      purchase.undo()
      return this.#share(twin, order, identity, exchange)
    }
    if (this.#running >= maxInFlight) throw tooManyInFlight(maxInFlight)
    const { redact, timeoutMs, maxRetries, clock } = this.#options
    const running = new RunningOrder({ order, exchange, purchase }, this.#options, this.#ended)
    const generation = new Generation(
      {
        id: purchase.generationId,
        modelName: order.model.id,
        timeoutMs,
        maxRetries,
        clientRetries: identity.marks.retriesByItself,
        redact,
        clock,
        events: order.parameters.get('stream') === true ? order.endpoint.events : undefined,
        shelf: this.#shelfFor(order, exchange, purchase),
        kept: adoptions.createKept(),
        running: () => this.#running,
      },
      running,
    )
    running.adoptable = adoptions.add(generation, identity)
    exchange.isGiven(generation, generation.live, running.adoptable)
    this.#running++
    metrics.generationStarted()
    generation.start()
    return generation
  }

  #shelfFor(order: Order, { caller }: Exchange, { generationId }: Purchase): OrderPictures | undefined {
    const { pictures } = this.#options
    if (pictures === undefined || !order.wantsLinks) return undefined
    const { id: model, label } = order.model
    const size = sizeLabel(order.parameters.get('size'))
    return new OrderPictures(pictures, { label, origin: { key: caller?.name ?? '', generationId, model, size } })
  }

  #share(shared: Adoptable, order: Order, identity: OrderIdentity, exchange: Exchange): Generation {
    const { metrics, adoptions } = this.#options
    const { generation } = shared
    order.call.discard() // the generation has its own
    adoptions.given(shared, identity)
    if (generation.isOrphan && generation.state !== 'settled') metrics.orphaned(-1)
    metrics.adopted()
    exchange.isGiven(generation, generation.replay(), shared)
    exchange.isAdopter = true
    exchange.headers['x-gateway-adopted'] = generation.id
    return generation
  }
}

function tooManyInFlight(max: number): GatewayError {
  const message = `The gateway has ${max} generations under way, and takes no more at once (MAX_IN_FLIGHT).`
  return new GatewayError('rate_limit_exceeded', message, { retryAfterSeconds: 2 })
}
