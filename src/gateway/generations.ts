import { Generation } from './generation.ts'
import { answerCost, imagesAsked } from '../models/cost.ts'
import { isAmbiguous } from '../upstream/failures.ts'
import { qualityLabel, sizeLabel } from './labels.ts'
import type { Body, Call, Endpoint } from '../endpoints/endpoint.ts'
import type { Metrics } from '../metrics.ts'
import type { Parameters } from '../models/model.ts'
import type { ResolvedModel } from '../models/catalogue.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Exchange } from './exchange.ts'

/** A call that has passed all checks. */
export interface Order {
  readonly endpoint: Endpoint
  readonly call: Call
  readonly model: ResolvedModel
  /** What to send upstream. */
  readonly body: Body
  /** Each value as its type. */
  readonly parameters: Parameters
}

export interface GenerationsOptions {
  readonly upstream: Upstream
  readonly metrics: Metrics
  readonly timeoutMs: number
  readonly priceMultiplier: number
  readonly redact: (text: string) => string
  /** A generation has settled after its exchange had ended: its usage needs a log line of its own. */
  readonly onOrphanSettled: (exchange: Exchange, generation: Generation) => void
}

/** Starts generations and settles each exactly once, whether or not its client is still there. */
export class Generations {
  readonly #options: GenerationsOptions
  // A number, not a Set of them: a Set that is added to and deleted from all the time leaves a chain of outgrown
  // tables behind, which keep dead generations from the young collector (measured: a third of the throughput).
  #running = 0
  #whenIdle: (() => void)[] = []

  constructor(options: GenerationsOptions) {
    this.#options = options
  }

  /** Sends the order upstream. What comes of it is the generation's to say. */
  start(order: Order, exchange: Exchange): Generation {
    const { upstream, metrics, timeoutMs, redact } = this.#options
    const generation = new Generation({
      modelName: order.model.id,
      timeoutMs,
      redact,
      events: order.parameters.get('stream') === true ? order.endpoint.events : undefined,
      running: () => this.#running,
      onSettled: (settled) => this.#settle(settled, order, exchange),
    })
    exchange.generation = generation
    this.#running++
    metrics.generationStarted()
    upstream.post({ path: order.endpoint.path, contentType: order.call.contentType, body: order.body }, generation)
    return generation
  }

  /** The exchange of a generation has ended; what is still under way goes on without a client. */
  clientLeft(generation: Generation): void {
    if (generation.state === 'settled' || generation.clientHasLeft) return
    this.#options.metrics.orphaned()
    generation.clientLeft()
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

  #settle(generation: Generation, order: Order, exchange: Exchange): void {
    this.#running--
    const { metrics, priceMultiplier, onOrphanSettled } = this.#options
    const { facts, failure, upstreamMs = 0, clientHasLeft, firstEventMs } = generation
    const { parameters } = order
    order.call.discard()
    const images = generation.isBought ? imagesBought(generation, order) : 0
    // A stream may be refused after it has begun: then only what it finished is paid for.
    const isBought = generation.isBought && (failure === undefined || images > 0)
    const usage = isBought ? facts?.usage : undefined
    const cost = isBought ? answerCost(order.model.entry, parameters, { usage, images }, priceMultiplier) : undefined
    const size = sizeLabel(facts?.size ?? parameters.get('size'))
    const quality = qualityLabel(facts?.quality ?? parameters.get('quality'))
    generation.settlement = { cost, images, size, quality }
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
      clientHasLeft,
    )
    if (clientHasLeft) onOrphanSettled(exchange, generation)
    if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

/** The images that were counted; where the answer broke off or could not be read, as many as were asked for. */
function imagesBought({ facts, failure }: Generation, { model, parameters }: Order): number {
  const isKnown = failure === undefined ? facts?.isComplete === true : !isAmbiguous(failure)
  if (isKnown && facts !== undefined) return facts.images
  return Math.max(facts?.images ?? 0, imagesAsked(model.entry, parameters))
}
