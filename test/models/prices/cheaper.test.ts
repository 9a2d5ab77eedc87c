import { expect, it } from 'vitest'
import { cheaperOrder } from '../../../src/models/prices/cheaper.ts'
import { given, modelOf, rulesOf } from '../checking.ts'

const cheaper = (model: string, parameters: Record<string, unknown>, usd: number, priceMultiplier = 1) =>
  cheaperOrder(
    {
      model: modelOf(model),
      rules: rulesOf(model),
      parameters: given({ prompt: 'abcd', ...parameters }),
      priceMultiplier,
    },
    usd * 1e6,
  )

it.each<[string, Record<string, unknown>, number, string | undefined]>([
  ['gpt-image-2', {}, 0.5, 'at 1024x1024 and quality low it costs at most $0.0074'],
  ['gpt-image-2', {}, 0.0074, 'at 1024x1024 and quality low it costs at most $0.0074'],
  ['gpt-image-2', {}, 0.0073, 'at 1024x640 and quality low it costs at most $0.00407'],
  ['gpt-image-2', {}, 0.004, undefined],
  ['gpt-image-2', { n: 2 }, 0.5, 'at 1024x1024 and quality low it costs at most $0.01475'],
  ['gpt-image-2', { size: '1024x640', quality: 'low' }, 0.5, undefined],
  ['gpt-image-1', { quality: 'high' }, 0.1, 'at 1024x1024 and quality low it costs at most $0.01093'],
  ['dall-e-3', { quality: 'hd', size: '1792x1024' }, 0.05, 'at 1024x1024 and quality standard it costs at most $0.04'],
  ['dall-e-3', {}, 0.01, undefined],
  ['dall-e-2', {}, 0.05, 'at 256x256 and quality standard it costs at most $0.016'],
  ['qwen-image', {}, 1, undefined],
  ['doubao-seedream-4-5-251128', { size: '4K' }, 1, undefined],
  ['somebody-elses-model', {}, 1, undefined],
])('%s with %j and %d USD: %s', (model, parameters, usd, words) => {
  expect(cheaper(model, parameters, usd)).toBe(words)
})

it('goes by what prices are multiplied with', () => {
  expect(cheaper('gpt-image-2', {}, 1, 2)).toBe('at 1024x1024 and quality low it costs at most $0.0148')
})

it('names only what the model takes beside the rest of the order', () => {
  const gif = { output_format: 'gif', frame_count: 16 }
  expect(cheaper('gpt-image-2.6-flare', { ...gif, size: '720x720' }, 100)).toMatch(/^at 720x720 and quality low /)
  expect(cheaper('gpt-image-2.6-flare', { ...gif, size: '720x720', quality: 'low' }, 100)).toBeUndefined()
})
