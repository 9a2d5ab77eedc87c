import { readModels } from '../models-file.ts'
import type { PriceFinding } from './price-list.ts'

/** The largest change that is taken over unasked, as a factor: a wrong unit would be one of a thousand. */
export const MAX_CHANGE = 4

const TEXT_RATES: ReadonlyMap<PriceFinding['kind'], 'input' | 'output'> = new Map([
  ['text_model_input', 'input'],
  ['text_model_output', 'output'],
])

interface ModelsFile {
  models?: Record<string, { price?: { usd_per_million_tokens?: Record<string, number>; usd_per_image?: unknown } }>
  text_models?: Record<string, { input?: number | undefined; output?: number | undefined }>
}

/** Whether a price changes so much that a person should look at it first. */
export function isDrastic({ ours, theirs }: PriceFinding): boolean {
  if (ours === undefined || theirs === undefined || ours === 0) return false
  return theirs / ours > MAX_CHANGE || ours / theirs > MAX_CHANGE
}

/**
 * The text of a MODELS_FILE with the prices of the list; all else in it stays.
 * @param before the text of the file that is there; undefined where there is none
 * @param isWritten which of the prices that differ
 * @throws Error where the file, before or after, is not valid
 */
export function updatedModelsFile(
  before: string | undefined,
  findings: readonly PriceFinding[],
  isWritten: (finding: PriceFinding) => boolean,
): string {
  if (before !== undefined) readModels(before)
  const file = JSON.parse(before?.replace(/^\uFEFF/, '') ?? '{}') as ModelsFile
  const written = findings.filter((one) => one.finding === 'differs' && isWritten(one))
  for (const { model, kind, theirs } of written) {
    if (theirs === undefined || kind === undefined || TEXT_RATES.has(kind)) continue
    const entry = ((file.models ??= {})[model] ??= {})
    if (kind === 'image') entry.price = { usd_per_image: theirs }
    else entry.price = { usd_per_million_tokens: { ...entry.price?.usd_per_million_tokens, [kind]: theirs } }
  }
  writeTextModels(file, findings, written)
  const text = `${JSON.stringify(file, undefined, 2)}\n`
  readModels(text)
  return text
}

/** A text model has both rates in the file: the other one is that of the list too, or the one in force. */
function writeTextModels(file: ModelsFile, all: readonly PriceFinding[], written: readonly PriceFinding[]): void {
  for (const { model, kind, theirs } of written) {
    const rate = TEXT_RATES.get(kind)
    if (theirs === undefined || rate === undefined) continue
    const other = all.find((one) => one.model === model && one.kind !== kind)
    const rates = file.text_models?.[model] ?? { input: other?.ours, output: other?.ours }
    ;(file.text_models ??= {})[model] = { ...rates, [rate]: theirs }
  }
}
