import { z } from 'zod'
import type { Catalogue } from '../catalogue.ts'
import type { Model } from '../model.ts'
import type { Price, TextRates } from './price.ts'

/** A price of the list; null, 0 and anything that is no number say nothing. */
const amount = z.number().positive().finite().optional().catch(undefined)

const record = z.object({
  id: z.string().min(1),
  code: z.string().optional().catch(undefined),
  model_type: z.string().optional().catch(undefined),
  pricing: z.object({ input: amount, output: amount, per_request: amount, ratio: amount }).optional().catch(undefined),
})
const priceList = z.object({ data: z.array(z.unknown()) })

/** One model of CometAPI's public list (GET /api/models). */
export type ListedModel = z.infer<typeof record>

/** `differs` can be written to a MODELS_FILE; `other_unit` has to be looked at by a person. */
export type Finding = 'same' | 'differs' | 'other_unit' | 'no_price' | 'not_listed' | 'not_known'

/** One price of the catalogue beside that of the list, in USD: per million tokens, or per image. */
export interface PriceFinding {
  readonly model: string
  readonly kind: 'text_input' | 'image_output' | 'image' | 'text_model_input' | 'text_model_output' | undefined
  readonly finding: Finding
  readonly ours: number | undefined
  readonly theirs: number | undefined
  /** The factor of the list on its prices, where it has one. Not applied: PRICE_MULTIPLIER is. */
  readonly ratio: number | undefined
}

/**
 * Reads the answer of CometAPI's GET /api/models; records that are no models are left out.
 * @throws Error in plain words where it is none
 */
export function readPriceList(text: string): readonly ListedModel[] {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new Error(`is not JSON: ${(error as Error).message}`, { cause: error })
  }
  const list = priceList.safeParse(json)
  if (!list.success) throw new Error('is not a list of models: it has no array "data"')
  return list.data.data.flatMap((one) => record.safeParse(one).data ?? [])
}

/** Compares the prices in force with the list: what is known and listed, what only one of them has. */
export function comparePrices(catalogue: Catalogue, listed: readonly ListedModel[]): readonly PriceFinding[] {
  const texts = textModelsOf(catalogue)
  const seen = new Set<string>()
  const findings = listed.flatMap((one) => {
    const names = [one.id, one.code ?? one.id]
    const text = names.find((name) => texts.has(name))
    if (text !== undefined) return textFindings(text, texts.get(text), one)
    const resolved = names.map((name) => catalogue.find(name)).find((found) => found !== undefined)
    if (resolved !== undefined && seen.has(resolved.id)) return []
    if (resolved !== undefined) {
      seen.add(resolved.id)
      return findingsOf(resolved.id, resolved.entry.price, one)
    }
    return one.model_type === 'image' ? [findingOf(one, one.id, 'not_known')] : []
  })
  return [...findings, ...catalogue.models.filter((model) => isMissing(model, seen)).map(notListed)]
}

function findingsOf(model: string, price: Price | undefined, listed: ListedModel): readonly PriceFinding[] {
  const { input, output, per_request: perRequest } = listed.pricing ?? {}
  if (price?.unit === 'token') {
    if ((input ?? output) === undefined)
      return [findingOf(listed, model, perRequest === undefined ? 'no_price' : 'other_unit')]
    const { textInput, imageOutput } = price.usdPerMillionTokens
    return [
      ...compared(listed, model, { kind: 'text_input', ours: textInput, theirs: input }),
      ...compared(listed, model, { kind: 'image_output', ours: imageOutput, theirs: output }),
    ]
  }
  if (perRequest === undefined)
    return [findingOf(listed, model, (input ?? output) === undefined ? 'no_price' : 'other_unit')]
  const usd = price?.usdPerImage.map((row) => row.usd) ?? []
  // One price for a table of them: it is compared with the cheapest row, and never written.
  const [ours] = usd.toSorted((a, b) => a - b)
  const [found] = compared(listed, model, { kind: 'image', ours, theirs: perRequest })
  if (found === undefined) return []
  return [usd.length > 1 && found.finding === 'differs' ? { ...found, finding: 'other_unit' } : found]
}

function textFindings(model: string, rates: TextRates | undefined, listed: ListedModel): readonly PriceFinding[] {
  const { input, output } = listed.pricing ?? {}
  return [
    ...compared(listed, model, { kind: 'text_model_input', ours: rates?.input, theirs: input }),
    ...compared(listed, model, { kind: 'text_model_output', ours: rates?.output, theirs: output }),
  ]
}

interface TwoPrices {
  readonly kind: NonNullable<PriceFinding['kind']>
  readonly ours: number | undefined
  readonly theirs: number | undefined
}

function compared(listed: ListedModel, model: string, { kind, ours, theirs }: TwoPrices): readonly PriceFinding[] {
  if (theirs === undefined) return []
  const isSame = ours !== undefined && Math.abs(ours - theirs) <= theirs * 1e-9
  return [{ ...findingOf(listed, model, isSame ? 'same' : 'differs'), kind, ours, theirs }]
}

function findingOf({ pricing }: ListedModel, model: string, finding: Finding): PriceFinding {
  const { input, output, per_request: perRequest, ratio } = pricing ?? {}
  const theirs = perRequest ?? output ?? input ?? undefined
  return { model, kind: undefined, finding, ours: undefined, theirs, ratio: ratio ?? undefined }
}

function notListed({ id }: Model): PriceFinding {
  return { model: id, kind: undefined, finding: 'not_listed', ours: undefined, theirs: undefined, ratio: undefined }
}

/** A prefix stands for versions of which none need be listed. */
function isMissing({ id }: Model, seen: ReadonlySet<string>): boolean {
  return !id.endsWith('*') && !seen.has(id)
}

function textModelsOf({ models }: Catalogue): ReadonlyMap<string, TextRates> {
  return new Map(models.flatMap(({ price }) => (price?.unit === 'token' ? [...(price.textModels ?? [])] : [])))
}
