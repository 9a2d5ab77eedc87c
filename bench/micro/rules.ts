import { configuredCatalogue } from '../../src/app/catalogue.ts'
import { checkCall } from '../../src/gateway/check-request.ts'
import { imagesGenerations } from '../../src/gateway/requests/images-generations.ts'
import type { Suite } from './part.ts'

const ORDER = { model: 'gpt-image-2', prompt: 'A paper boat on calm water.', size: '1024x1024', quality: 'low', n: 1 }

/** From the bytes of a body to a checked order, or to all problems of it. */
export function rules(): Promise<Suite> {
  const models = configuredCatalogue({
    MODELS_FILE: undefined,
    UNKNOWN_MODELS: 'allow',
    DATABASE: false,
    PICTURES: true,
  })
  const terms = { endpoint: imagesGenerations, policy: 'strict', defaults: [] } as const
  const check = (body: Buffer): unknown => {
    const call = imagesGenerations.body.parse(body)
    return checkCall({ models }, call, models.resolve(ORDER.model), terms)
  }
  const good = Buffer.from(JSON.stringify(ORDER))
  const bad = Buffer.from(JSON.stringify({ ...ORDER, size: '17x17', quality: 'best', style: 'vivid' }))
  const refuse = (): unknown => {
    try {
      return check(bad)
    } catch (error) {
      return error
    }
  }
  return Promise.resolve({
    parts: [
      { title: 'parse and check an order', run: () => check(good) },
      { title: 'parse and refuse an order with three problems', run: refuse },
    ],
  })
}
