import { SOURCES } from '../sources.ts'
import type { TextRates } from './price.ts'

/** USD per million tokens of text models that can write an svg; a dated snapshot has the rates of its model. */
const RATES: readonly (readonly [id: string, input: number, output: number])[] = [
  ['gpt-5.6-sol', 5, 30],
  ['gpt-5.6-terra', 2, 12],
  ['gpt-5.6-luna', 0.2, 1.2],
  ['gpt-5.5-pro', 30, 180],
  ['gpt-5.5', 5, 30],
  ['gpt-5.4-pro', 30, 180],
  ['gpt-5.4-mini', 0.75, 4.5],
  ['gpt-5.4-nano', 0.2, 1.25],
  ['gpt-5.4', 2.5, 15],
  ['gpt-5.3-codex', 1.75, 14],
  ['gpt-5-mini', 0.25, 2],
]

export const textModels: ReadonlyMap<string, TextRates> = new Map(
  RATES.map(([id, input, output]) => [id, { input, output, source: SOURCES.textPricing }]),
)

/** The rates of a text model by its id, without regard to the date of a snapshot. */
export function textRatesOf(models: ReadonlyMap<string, TextRates>, id: string): TextRates | undefined {
  return models.get(id) ?? models.get(id.replace(/-\d{4}-\d\d-\d\d$/, ''))
}
