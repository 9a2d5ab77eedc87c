import { isAmbiguous } from '../../errors/gateway-error.ts'
import { answerCost, highestCostMicros, imagesAsked } from '../../models/prices/cost.ts'
import { plausibleUsage } from '../../models/prices/plausible-usage.ts'
import { qualityLabel, sizeLabel } from '../../telemetry/labels.ts'
import type { Settlement } from '../../accounting/settlement.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { ResolvedModel } from '../../models/catalogue.ts'
import type { ParameterValues } from '../../models/rules/parameter-rules.ts'
import type { AnswerFacts } from '../answers/answer-facts.ts'

/** The part of an order that decides about its price. */
export interface PricedOrder {
  readonly model: Pick<ResolvedModel, 'entry'>
  readonly parameters: ParameterValues
  /** PRICE_MULTIPLIER */
  readonly priceMultiplier: number
}

/** How the upstream call ended. */
export interface UpstreamOutcome {
  /** The beginning of the answer was judged to be images: they are paid for, even if the answer broke off later. */
  readonly isAccepted: boolean
  /** Facts that the answer stated about itself; undefined where none began. */
  readonly facts: AnswerFacts | undefined
  readonly failure: GatewayError | undefined
  readonly upstreamRequestId: string | undefined
  readonly endedAt: number
  readonly upstreamMs: number
  readonly firstEventMs: number | undefined
}

/**
 * The result of a generation. Only this function decides whether images were bought, how many, and at what cost.
 *
 * | the beginning | the end | verdict |
 * |---|---|---|
 * | images | whole | bought, at the reported usage, else estimated |
 * | images | an error of the upstream's | bought, as far as images had come; else free |
 * | images | broken off or given up, usage reported | bought, at the reported usage |
 * | images or not known | broken off or given up, no usage | unknown, at the highest cost |
 * | no images | refused, or never sent | free, whatever usage stands beside the error |
 *
 */
export function settlementOf(order: PricedOrder, outcome: UpstreamOutcome, durationMs: number): Settlement {
  const { model, parameters, priceMultiplier: multiplier } = order
  const { isAccepted, facts, failure } = outcome
  const usage = isAccepted ? plausibleUsage(model.entry, facts?.usage, facts?.images ?? 0) : undefined
  const isUnknown = failure !== undefined && isAmbiguous(failure) && usage === undefined
  const settled = {
    size: sizeLabel(facts?.size ?? parameters.get('size')),
    quality: qualityLabel(facts?.quality ?? parameters.get('quality')),
    partialImages: facts?.partialImages ?? 0,
    failure: failure?.code,
    upstreamRequestId: outcome.upstreamRequestId,
    endedAt: outcome.endedAt,
    upstreamMs: outcome.upstreamMs,
    durationMs,
    firstEventMs: outcome.firstEventMs,
  }
  const images = isAccepted ? imagesMade(order, outcome) : 0
  const isPricedByToken = model.entry.price?.unit === 'token'
  if (isUnknown) {
    const costMicros = highestCostMicros(model.entry, parameters, multiplier)
    return {
      verdict: 'unknown',
      images,
      imagesAsked: Math.max(images, imagesAsked(model.entry, parameters)),
      usage: undefined,
      cost: costMicros === undefined ? undefined : { costMicros, estimated: true },
      isUsageMissing: isAccepted && isPricedByToken,
      ...settled,
    }
  }
  if (!isAccepted || (failure !== undefined && images === 0))
    return { verdict: 'free', images: 0, usage: undefined, cost: undefined, isUsageMissing: false, ...settled }
  return {
    verdict: 'bought',
    images,
    usage,
    cost: answerCost(model.entry, parameters, { usage, svgUsage: facts?.svgUsage, images }, multiplier),
    isUsageMissing: usage === undefined && isPricedByToken,
    ...settled,
  }
}

/** The images that were counted; where the answer broke off or could not be read, as many as were asked for. */
function imagesMade({ model, parameters }: PricedOrder, { facts, failure }: UpstreamOutcome): number {
  const isKnown = failure === undefined ? facts?.isComplete === true : !isAmbiguous(failure)
  if (isKnown && facts !== undefined) return facts.images
  return Math.max(facts?.images ?? 0, imagesAsked(model.entry, parameters))
}
