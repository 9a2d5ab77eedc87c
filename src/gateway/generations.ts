import { GatewayError, isAmbiguous } from '../errors/gateway-error.ts'
import { Generation } from './generation/generation.ts'
import { upstreamRequestId } from './headers.ts'
import { newGenerationId } from './ids.ts'
import { answerCost, highestCostMicros, imagesAsked } from '../models/prices/cost.ts'
import { leftBeforeSending } from '../upstream/failures.ts'
import { qualityLabel, sizeLabel } from '../telemetry/labels.ts'
import type { Socket } from 'node:net'
import type { Body, Call, Endpoint } from './requests/endpoint.ts'
import type { LedgerWriter } from '../accounting/ledger-writer.ts'
import type { Hold } from '../accounting/ledger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Cost } from '../models/prices/cost.ts'
import type { ResolvedModel } from '../models/catalogue.ts'
import type { ParameterValues } from '../models/rules/parameter-rules.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Usage } from '../accounting/usage.ts'
import type { Adoptions } from './adoption/adoptions.ts'
import type { Exchange } from './exchange.ts'
import type { OrderIdentity } from './adoption/order-identity.ts'

/** A call that has passed all checks. */
export interface Order {
  readonly endpoint: Endpoint
  readonly call: Call
  readonly model: ResolvedModel
  /** What to send upstream. */
  readonly body: Body
  /** Each value as its type. */
  readonly parameters: ParameterValues
  readonly identity: OrderIdentity
}

export interface GenerationsOptions {
  readonly upstream: Upstream
  readonly metrics: Metrics
  readonly adoptions: Adoptions
  readonly timeoutMs: number
  /** Undefined where there is no database. */
  readonly ledger: LedgerWriter | undefined
  /** Generations under way at once; 0 is no limit. */
  readonly maxInFlight: number
  readonly maxRetries: number
  readonly priceMultiplier: number
  readonly redact: (text: string) => string
  /** A generation has settled after its exchange had ended: its usage needs a log line of its own. */
  readonly onOrphanSettled: (exchange: Exchange, generation: Generation) => void
}

/** What a generation was started with. */
interface Started {
  readonly order: Order
  readonly exchange: Exchange
  readonly hold: Hold | undefined
}

/** Starts generations, gives them to clients that come back, and settles each exactly once. */
export class Generations {
  readonly #options: GenerationsOptions
  // A number, not a Set of them: a Set that is added to and deleted from all the time leaves a chain of outgrown
  // tables behind, which keep dead generations from the young collector (measured: a third of the throughput).
  #running = 0
  #whenIdle: (() => void)[] = []

  constructor(options: GenerationsOptions) {
    const { maxInFlight } = options
    this.#options = { ...options, maxInFlight: maxInFlight === 0 ? Number.POSITIVE_INFINITY : maxInFlight }
  }

  /**
   * The generation of an earlier attempt of the same request, if there is one: nothing is bought again.
   * @throws GatewayError 409, 422
   */
  async adopt({ identity, call }: Order, exchange: Exchange): Promise<Generation | undefined> {
    const { retryCount, idempotencyKey, retriesSilently } = identity
    if (retryCount === 0 && idempotencyKey === undefined && !retriesSilently) return undefined
    const generation = await this.#options.adoptions.find(identity)
    if (generation === undefined) return undefined
    if (exchange.hasEnded) throw leftBeforeSending() // while it waited; the generation must not wait for it
    call.discard()
    return this.#share(generation, identity, exchange)
  }

  /** Sends the order upstream. What comes of it is the generation's to say. */
  start(order: Order, exchange: Exchange, hold: Hold | undefined): Generation {
    const { upstream, metrics, adoptions, ledger, timeoutMs, maxInFlight, maxRetries, redact } = this.#options
    // Once more, since the phases in between may have waited: two requests with one key must not both be bought.
    const twin = adoptions.twinOf(order.identity)
    if (twin !== undefined || this.#running >= maxInFlight) {
      if (twin === undefined) throw tooManyInFlight(maxInFlight)
      if (hold !== undefined) ledger?.cancel(hold)
      order.call.discard() // the twin has its own
      return this.#share(twin, order.identity, exchange)
    }
    const { endpoint, call, body } = order
    const generation = new Generation({
      id: hold?.order.generationId ?? newGenerationId(),
      modelName: order.model.id,
      timeoutMs,
      maxRetries,
      redact,
      events: order.parameters.get('stream') === true ? endpoint.events : undefined,
      kept: adoptions.createKept(),
      running: () => this.#running,
      send: (receiver) => upstream.post({ path: endpoint.path, contentType: call.contentType, body }, receiver),
      onRetry: ({ code }) => metrics.retried(code),
      onSettled: (settled) => this.#settle(settled, { order, exchange, hold }),
    })
    adoptions.add(generation, order.identity)
    exchange.generation = generation
    this.#running++
    metrics.generationStarted()
    generation.start()
    return generation
  }

  /**
   * The exchange of a generation has ended; what is still under way goes on without a client.
   * @param connection where all of the answer was written; undefined where not all was
   */
  exchangeEnded({ generation, isAdopter }: Exchange, connection: Socket | undefined): void {
    if (generation === undefined) return
    if (isAdopter) generation.clientLeft()
    else generation.firstClientLeft()
    if (!generation.isOrphan) return
    if (generation.state === 'settled') return this.#options.adoptions.lastClientLeft(generation, connection)
    generation.isCountedAsOrphan = true
    this.#options.metrics.orphaned(1)
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

  #share(generation: Generation, identity: OrderIdentity, exchange: Exchange): Generation {
    const { metrics, adoptions } = this.#options
    adoptions.given(generation, identity)
    if (generation.isCountedAsOrphan) metrics.orphaned(-1)
    generation.isCountedAsOrphan = false
    generation.clients++
    metrics.adopted()
    exchange.generation = generation
    exchange.isAdopter = true
    exchange.headers['x-gateway-adopted'] = generation.id
    return generation
  }

  #settle(generation: Generation, { order, exchange, hold }: Started): void {
    this.#running--
    const { metrics, adoptions, onOrphanSettled } = this.#options
    const { facts, failure, upstreamMs = 0, isOrphan, firstEventMs } = generation
    const { parameters } = order
    order.call.discard()
    const images = generation.isBought ? imagesBought(generation, order) : 0
    // A stream may be refused after it has begun: then only what it finished is paid for.
    const isBought = generation.isBought && (failure === undefined || images > 0)
    const usage = isBought ? facts?.usage : undefined
    const cost = this.#cost(generation, order, isBought ? { usage, images } : undefined)
    const size = sizeLabel(facts?.size ?? parameters.get('size'))
    const quality = qualityLabel(facts?.quality ?? parameters.get('quality'))
    generation.settlement = { cost, images, size, quality }
    this.#book(generation, { order, exchange, hold })
    if (failure !== undefined && isAmbiguous(failure)) metrics.ambiguousFailure()
    metrics.generationSettled(
      {
        ...exchange.labels,
        upstreamMs,
        usage,
        images,
        partialImages: facts?.partialImages ?? 0,
        firstEventMs,
        size,
        quality,
        costMicros: cost?.costMicros,
        usageMissing: isBought && usage === undefined && order.model.entry.price?.unit === 'token',
        failure: failure?.code,
      },
      generation.isCountedAsOrphan,
    )
    generation.isCountedAsOrphan = false
    adoptions.settled(generation)
    if (isOrphan && failure?.code !== 'client_closed_request') onOrphanSettled(exchange, generation)
    if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  /** Ends the hold: it cost something, it cost nothing, or nobody can tell. */
  #book(generation: Generation, { order, exchange, hold }: Started): void {
    const { ledger } = this.#options
    const { settlement, failure, facts, headers, upstreamMs } = generation
    if (ledger === undefined || hold === undefined || settlement === undefined) return
    const ending = {
      endedAt: Date.now(),
      errorCode: failure?.code,
      upstreamRequestId: upstreamRequestId(headers),
      upstreamMs,
      durationMs: performance.now() - exchange.startedAt,
    }
    const { cost, images, size, quality } = settlement
    const usage = generation.isBought ? facts?.usage : undefined
    const isUnknown = failure !== undefined && isAmbiguous(failure) && usage === undefined
    if (isUnknown) ledger.bookEstimated(hold, { ...ending, images: imagesAsked(order.model.entry, order.parameters) })
    else if (generation.isBought && (failure === undefined || images > 0)) {
      const costMicros = cost?.costMicros
      ledger.settle(hold, {
        ...ending,
        costMicros,
        isEstimated: cost?.estimated ?? false,
        images,
        usage,
        size,
        quality,
      })
    } else ledger.release(hold, ending)
  }

  /** What was bought; where the image may exist and nothing is known of it, the most that it can have cost. */
  #cost(
    { failure }: Generation,
    { model, parameters }: Order,
    bought: { readonly usage: Usage | undefined; readonly images: number } | undefined,
  ): Cost | undefined {
    const { priceMultiplier } = this.#options
    if (failure !== undefined && isAmbiguous(failure) && bought?.usage === undefined) {
      const costMicros = highestCostMicros(model.entry, parameters, priceMultiplier)
      return costMicros === undefined ? undefined : { costMicros, estimated: true }
    }
    return bought === undefined ? undefined : answerCost(model.entry, parameters, bought, priceMultiplier)
  }
}

function tooManyInFlight(max: number): GatewayError {
  const message = `The gateway has ${max} generations under way, and takes no more at once (MAX_IN_FLIGHT).`
  return new GatewayError('rate_limit_exceeded', message, { retryAfterSeconds: 2 })
}

/** The images that were counted; where the answer broke off or could not be read, as many as were asked for. */
function imagesBought({ facts, failure }: Generation, { model, parameters }: Order): number {
  const isKnown = failure === undefined ? facts?.isComplete === true : !isAmbiguous(failure)
  if (isKnown && facts !== undefined) return facts.images
  return Math.max(facts?.images ?? 0, imagesAsked(model.entry, parameters))
}
