import {
  priceGptImage1,
  priceGptImage15,
  priceGptImage1Mini,
  priceGptImage2,
  priceGptImage25,
  priceGptImage26,
} from './gpt-image/prices.ts'
import {
  rulesGptImage1,
  rulesGptImage1Mini,
  rulesGptImage2,
  rulesGptImage25,
  rulesGptImage26,
} from './gpt-image/rules.ts'
import type { Model } from '../model.ts'

const shutDown = (date: string): string => `OpenAI shuts this model down on ${date}; CometAPI decides for itself.`
const TRANSPARENCY =
  "OpenAI's support for transparent backgrounds is a preview since 2026-08-20; CometAPI refused it on 2026-08-10."
const INFERRED_TOKENS =
  'Token counts are not published: estimates use gpt-image-2’s formula with factors inferred from prices and recorded answers.'

/** OpenAI's GPT image models: each id with its rules and its price. */
export const gptImageModels: readonly Model[] = [
  model('gpt-image-1', rulesGptImage1, priceGptImage1, shutDown('2026-10-23')),
  model('gpt-image-1-mini', rulesGptImage1Mini, priceGptImage1Mini, shutDown('2026-12-01')),
  model('gpt-image-1.5', rulesGptImage1, priceGptImage15, shutDown('2026-12-01')),
  model('chatgpt-image-latest', rulesGptImage1, priceGptImage15, shutDown('2026-12-01')),
  model('gpt-image-2', rulesGptImage2, priceGptImage2, TRANSPARENCY),
  model('gpt-image-2-2026-04-21', rulesGptImage2, priceGptImage2, TRANSPARENCY),
  model('gpt-image-2.5-flare', rulesGptImage25, priceGptImage25, INFERRED_TOKENS),
  model('gpt-image-2.5-sunburst', rulesGptImage25, priceGptImage25, INFERRED_TOKENS),
  model('gpt-image-2.5-*', rulesGptImage25, priceGptImage25, INFERRED_TOKENS),
  model('gpt-image-2.6-flare', rulesGptImage26, priceGptImage26, INFERRED_TOKENS),
  model('gpt-image-2.6-sunburst', rulesGptImage26, priceGptImage26, INFERRED_TOKENS),
  model('gpt-image-2.6-*', rulesGptImage26, priceGptImage26, INFERRED_TOKENS),
]

/** These models answer in base64 and nothing else; many clients ask for it all the same. */
function model(id: string, ruleSets: Model['ruleSets'], price: Model['price'], note: string): Model {
  return { id, vendor: 'openai', redundant: { response_format: 'b64_json' }, ruleSets, price, notes: [note] }
}
