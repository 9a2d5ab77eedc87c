import { formatUsd } from '../../accounting/money.ts'
import { problemCount, valueTaken } from '../rules/fill-in.ts'
import { highestCostMicros } from './cost.ts'
import type { Model } from '../model.ts'
import type { ParameterRules, ParameterValues } from '../rules/parameter-rules.ts'

/** Sizes that are named where a model takes free ones: the usual one, or the smallest of the GPT image models. */
const USUAL_SIZES = ['1024x1024']
const SMALL_SIZES = ['1024x640']

export interface PricedOrder {
  readonly model: Model
  readonly rules: ParameterRules
  readonly parameters: ParameterValues
  readonly priceMultiplier: number
}

interface Offer {
  readonly words: string
  readonly micros: number
}

/**
 * The same order at its cheapest size and quality: "at 1024x1024 and quality low it costs at most $0.0074".
 * @returns undefined where nothing that is cheaper than the order costs at most `atMostMicros`
 */
export function cheaperOrder(order: PricedOrder, atMostMicros: number): string | undefined {
  const now = highestCostMicros(order.model, order.parameters, order.priceMultiplier)
  if (now === undefined) return undefined
  for (const sizes of [USUAL_SIZES, SMALL_SIZES]) {
    const offers = offersOf(order, sizes).filter(({ micros }) => micros < now && micros <= atMostMicros)
    const [cheapest] = offers.toSorted((a, b) => a.micros - b.micros)
    if (cheapest !== undefined) return `at ${cheapest.words} it costs at most ${formatUsd(cheapest.micros)}`
  }
  return undefined
}

function offersOf(order: PricedOrder, freeSizes: readonly string[]): readonly Offer[] {
  const sizes = candidates(order, 'size', freeSizes)
  const qualities = candidates(order, 'quality', [])
  return sizes.flatMap((size) => qualities.flatMap((quality) => offerOf(order, { size, quality }) ?? []))
}

/** The values that the model takes, `auto` aside; undefined alone where it takes no such parameter. */
function candidates(
  { rules, parameters }: PricedOrder,
  name: 'size' | 'quality',
  others: readonly string[],
): readonly (string | undefined)[] {
  const usual = rules.parameters[name]
  // The order's own value too: frames of an animation may fit their sheet at no usual size.
  const own = parameters.get(name)
  const free = typeof own === 'string' ? [...others, own] : others
  const listed = (usual?.instead?.(parameters) ?? usual)?.values ?? free
  const taken = listed.filter((value) => value !== 'auto' && valueTaken(rules, parameters, [name, value]) !== undefined)
  return taken.length === 0 ? [undefined] : taken
}

function offerOf(
  { model, rules, parameters, priceMultiplier }: PricedOrder,
  changes: Readonly<Record<'size' | 'quality', string | undefined>>,
): Offer | undefined {
  const changed = new Map(parameters)
  for (const [name, value] of Object.entries(changes)) if (value !== undefined) changed.set(name, value)
  const micros = highestCostMicros(model, changed, priceMultiplier)
  if (micros === undefined || problemCount(rules, changed) > 0) return undefined
  const { size, quality } = changes
  const words = [size, quality === undefined ? undefined : `quality ${quality}`].filter((part) => part !== undefined)
  return words.length === 0 ? undefined : { words: words.join(' and '), micros }
}
