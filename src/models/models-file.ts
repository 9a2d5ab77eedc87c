import { z } from 'zod'
import { builtInModels, matches } from './catalogue.ts'
import type { ImagePrice, Price, TokenPrice } from './prices/price.ts'
import type { Model } from './model.ts'
import type { Source } from './sources.ts'

const usd = z.number().nonnegative().finite()

const priceSchema = z
  .strictObject({
    /** USD per million tokens; what is absent stays as it is in the model it is `like`. */
    usd_per_million_tokens: z
      .strictObject({
        text_input: usd,
        text_cached: usd,
        image_input: usd,
        image_cached: usd,
        image_output: usd,
        text_output: usd,
      })
      .partial()
      .optional(),
    /** USD for one image of any quality and size, or rows. */
    usd_per_image: z
      .union([
        usd,
        z.array(z.strictObject({ quality: z.string().optional(), size: z.string().optional(), usd })).min(1),
      ])
      .optional(),
  })
  .refine((price) => (price.usd_per_image === undefined) !== (price.usd_per_million_tokens === undefined), {
    error: 'a price is either usd_per_million_tokens or usd_per_image',
  })

const fileSchema = z.strictObject({
  /** New models (with `like`) and changes to known ones. */
  models: z
    .record(z.string().min(1), z.strictObject({ like: z.string().optional(), price: priceSchema.optional() }))
    .default({}),
  /** Text models that write an svg: USD per million tokens, more of them or other rates. */
  text_models: z.record(z.string().min(1), z.strictObject({ input: usd, output: usd })).default({}),
  /** Another name → the model it stands for. */
  aliases: z.record(z.string().min(1), z.string().min(1)).default({}),
})

type PriceEntry = z.infer<typeof priceSchema>

export interface LoadedModels {
  readonly models: readonly Model[]
  readonly aliases: ReadonlyMap<string, string>
}

/**
 * Reads the text of MODELS_FILE and lays it over the built-in catalogue.
 * @throws Error with every problem in plain words
 */
export function readModels(text: string): LoadedModels {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new Error(`is not JSON: ${(error as Error).message}`, { cause: error })
  }
  const parsed = fileSchema.safeParse(json)
  if (!parsed.success) throw new Error(`is not valid:\n${z.prettifyError(parsed.error)}`)
  return overlay(parsed.data)
}

function overlay(file: z.infer<typeof fileSchema>): LoadedModels {
  const problems: string[] = []
  const models = new Map(builtInModels.map((model) => [model.id, model]))
  for (const [id, entry] of Object.entries(file.models)) {
    const base = find(models, entry.like ?? id)
    if (base === undefined) {
      problems.push(
        entry.like === undefined
          ? `'${id}' is new: say which model it is "like"`
          : `'${id}' is like '${entry.like}', which does not exist`,
      )
      continue
    }
    try {
      // A prefix speaks for the versions that are counted under it.
      const versions = [...models.values()].filter(({ label }) => label === id)
      const { label: _, ...own } = base
      for (const model of [{ ...own, id }, ...(entry.like === undefined ? versions : [])])
        models.set(model.id, entry.price === undefined ? model : { ...model, price: changedPrice(model, entry.price) })
    } catch (error) {
      problems.push(`'${id}': ${(error as Error).message}`)
    }
  }
  for (const [alias, target] of Object.entries(file.aliases)) {
    if (find(models, target) === undefined)
      problems.push(`the alias '${alias}' stands for '${target}', which does not exist`)
    if (models.has(alias)) problems.push(`the alias '${alias}' is already the id of a model`)
  }
  if (problems.length > 0) throw new Error(`is not valid:\n${problems.map((problem) => `✖ ${problem}`).join('\n')}`)
  return {
    models: [...models.values()].map((model) => withTextModels(model, file.text_models)),
    aliases: new Map(Object.entries(file.aliases)),
  }
}

function withTextModels(model: Model, changes: z.infer<typeof fileSchema>['text_models']): Model {
  const { price } = model
  const entries = Object.entries(changes)
  if (price?.unit !== 'token' || price.textModels === undefined || entries.length === 0) return model
  const changed = entries.map(([id, rates]) => [id, { ...rates, source: ownSource() }] as const)
  return { ...model, price: { ...price, textModels: new Map([...price.textModels, ...changed]) } }
}

/** Prices of MODELS_FILE are those of the day on which it was read. */
function ownSource(): Source {
  return { cite: 'MODELS_FILE', asOf: new Date().toISOString().slice(0, 10) }
}

function find(models: ReadonlyMap<string, Model>, id: string): Model | undefined {
  const families = [...models.values()].filter((model) => model.id.endsWith('*') && matches(model.id, id))
  return models.get(id) ?? families.toSorted((a, b) => b.id.length - a.id.length)[0]
}

function changedPrice({ price }: Model, change: PriceEntry): Price {
  const source = ownSource()
  if (change.usd_per_image !== undefined) {
    const rows = change.usd_per_image
    const usdPerImage = typeof rows === 'number' ? [{ usd: rows }] : rows.map(withoutUndefined)
    const kept = price?.unit === 'image' ? price : undefined
    const changed: ImagePrice = { unit: 'image', defaults: {}, ...kept, usdPerImage, source }
    return changed
  }
  if (price?.unit !== 'token') throw new Error('usd_per_million_tokens needs a model that is priced by the token')
  const rates = change.usd_per_million_tokens ?? {}
  const old = price.usdPerMillionTokens
  const changed: TokenPrice = {
    ...price,
    usdPerMillionTokens: {
      textInput: rates.text_input ?? old.textInput,
      textCached: rates.text_cached ?? old.textCached,
      imageInput: rates.image_input ?? old.imageInput,
      imageCached: rates.image_cached ?? old.imageCached,
      imageOutput: rates.image_output ?? old.imageOutput,
      textOutput: rates.text_output ?? old.textOutput,
    },
    source,
  }
  return changed
}

function withoutUndefined(row: {
  quality?: string | undefined
  size?: string | undefined
  usd: number
}): ImagePrice['usdPerImage'][number] {
  return {
    usd: row.usd,
    ...(row.quality === undefined ? {} : { quality: row.quality }),
    ...(row.size === undefined ? {} : { size: row.size }),
  }
}
