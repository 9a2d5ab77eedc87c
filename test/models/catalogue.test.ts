import { describe, expect, it } from 'vitest'
import { Catalogue, builtInModels } from '../../src/models/catalogue.ts'
import { GatewayError } from '../../src/errors/gateway-error.ts'
import { modelOf } from './checking.ts'

const allow = new Catalogue({ unknownModels: 'allow' })
const reject = new Catalogue({ unknownModels: 'reject' })

function refusal(of: Catalogue, name: string): GatewayError {
  try {
    of.resolve(name)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error(`${name} resolves`)
}

describe('a known name', () => {
  it.each([
    'gpt-image-1',
    'gpt-image-1-mini',
    'gpt-image-1.5',
    'chatgpt-image-latest',
    'gpt-image-2',
    'gpt-image-2-2026-04-21',
    'gpt-image-2.5-flare',
    'gpt-image-2.5-sunburst',
    'gpt-image-2.6-flare',
    'gpt-image-2.6-sunburst',
    'dall-e-2',
    'dall-e-3',
    'qwen-image',
    'doubao-seedream-5-0-260128',
    'doubao-seedream-4-5-251128',
    'bytedance-seedream-4-0-250828',
  ])('%s is sent and counted under its own id', (name) => {
    const { id, label, entry } = reject.resolve(name)
    expect([id, label, entry.id]).toEqual([name, name, name])
  })

  it.each([
    ['gpt-image-2.5-flare-2026-09-08', 'gpt-image-2.5-*'],
    ['gpt-image-2.5-sunburst-2026-09-08', 'gpt-image-2.5-*'],
    ['gpt-image-2.6-sunburst-2026-11-05', 'gpt-image-2.6-*'],
    ['doubao-seedream-5-0-lite-270101', 'doubao-seedream-*'],
    ['bytedance-seedream-9', 'bytedance-seedream-*'],
    ['seedream-5-0-pro', 'seedream-*'],
  ])('%s is sent as written and counted under its family %s', (name, label) => {
    expect(reject.resolve(name)).toMatchObject({ id: name, label })
  })

  it.each(['gpt-image-2.5-', 'doubao-seedream-', 'seedream-'])('%s is a prefix and no model', (name) => {
    expect(reject.find(name)).toBeUndefined()
  })

  it('takes the longest prefix that fits', () => {
    const model = { ...modelOf('qwen-image'), id: 'qwen-image-max-*' }
    const family = { ...modelOf('qwen-image'), id: 'qwen-*' }
    const own = new Catalogue({ unknownModels: 'reject', models: [family, model] })
    expect(own.resolve('qwen-image-max-7')).toMatchObject({ id: 'qwen-image-max-7', label: 'qwen-image-max-*' })
  })
})

describe('an alias', () => {
  const aliases = new Map([
    ['pictures', 'gpt-image-2'],
    ['newest', 'gpt-image-2.6-flare-2026-11-05'],
    ['nano-banana', 'dall-e-3'],
  ])
  const own = new Catalogue({ unknownModels: 'reject', aliases })

  it('is sent as the model it stands for', () => {
    expect(own.resolve('pictures')).toMatchObject({ id: 'gpt-image-2', label: 'gpt-image-2' })
  })

  it('may stand for a member of a family', () => {
    expect(own.resolve('newest')).toMatchObject({ id: 'gpt-image-2.6-flare-2026-11-05', label: 'gpt-image-2.6-*' })
  })

  it('is suggested where it is one spelling away', () => {
    expect(refusal(own, 'Nano_Banana').message).toContain("Did you mean 'nano-banana'?")
  })
})

describe('a model that CometAPI serves on another route', () => {
  it.each([
    ['gemini-2.5-flash-image', 'POST /v1beta/models/gemini-2.5-flash-image:generateContent'],
    ['gemini-2.5-flash-image-preview', 'POST /v1beta/models/gemini-2.5-flash-image-preview:generateContent'],
    ['gemini-3-pro-image', 'POST /v1beta/models/gemini-3-pro-image:generateContent'],
    ['gemini-3.1-flash-image-preview', 'POST /v1beta/models/gemini-3.1-flash-image-preview:generateContent'],
    ['flux-2-pro', 'POST /flux/v1/flux-2-pro'],
    ['mj_imagine', 'the /mj/ routes'],
    ['midjourney', 'the /mj/ routes'],
    ['bria-3.2', 'the /bria/ routes'],
  ])('%s is a 404 that names %s, whatever the policy', (name, route) => {
    for (const error of [refusal(allow, name), refusal(reject, name)]) {
      expect(error.toBody().error).toEqual({
        message: `The model '${name}' is not served on this route. CometAPI serves it on ${route}.`,
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      })
      expect(error.status).toBe(404)
    }
  })

  it('is named literally, dollar signs and all', () => {
    expect(refusal(allow, "flux-$&-$'").message).toContain("POST /flux/v1/flux-$&-$'.")
  })
})

describe('a name with its vendor before it', () => {
  it.each([
    ['openai/gpt-image-2', 'gpt-image-2'],
    ['openai:gpt-image-2', 'gpt-image-2'],
    ['cometapi/gpt-image-2', 'gpt-image-2'],
    ['OpenAI/dall-e-3', 'dall-e-3'],
    ['openai/gpt-image-2.6-flare-2026-11-05', 'gpt-image-2.6-flare-2026-11-05'],
    ['cometapi/doubao-seedream-4-5-251128', 'doubao-seedream-4-5-251128'],
  ])('%s has the rules of %s and is sent as that', (name, id) => {
    expect(allow.resolve(name)).toEqual(allow.resolve(id))
    expect(reject.resolve(name).id).toBe(id)
  })

  it('is sent as written where the catalogue does not know it', () => {
    expect(allow.resolve('openai/some-new-model')).toMatchObject({ id: 'openai/some-new-model', label: 'other' })
    expect(allow.resolve('gpt-image-2/openai').label).toBe('other')
  })

  it('does not escape its rules by another spelling, nor its route', () => {
    expect(refusal(allow, 'openai/GPT-Image-2').message).toContain("Did you mean 'gpt-image-2'?")
    expect(refusal(allow, 'cometapi/flux-2-pro').message).toContain('POST /flux/v1/flux-2-pro.')
  })

  it('is an alias first, where it is one', () => {
    const aliases = new Map([['openai/gpt-image-2', 'gpt-image-1-mini']])
    expect(new Catalogue({ unknownModels: 'allow', aliases }).resolve('openai/gpt-image-2').id).toBe('gpt-image-1-mini')
  })
})

describe('a name that is one spelling away from a known one', () => {
  it.each([
    ['GPT-Image-2', 'gpt-image-2'],
    ['gpt_image_2', 'gpt-image-2'],
    ['gpt image 2', 'gpt-image-2'],
    ['gptimage2', 'gpt-image-2'],
    [' gpt-image-2', 'gpt-image-2'],
    ['gpt-image-2\u200b', 'gpt-image-2'],
    ['GPT-Image-1.5', 'gpt-image-1.5'],
    ['dalle-3', 'dall-e-3'],
    ['DALL·E 3', 'dall-e-3'],
    ['Qwen-Image', 'qwen-image'],
    ['Doubao-Seedream-5-0-260128', 'doubao-seedream-5-0-260128'],
  ])('%j would escape its rules, so it is a 404 that suggests %s', (name, meant) => {
    const error = refusal(allow, name)
    expect([error.status, error.code, error.details.param]).toEqual([404, 'model_not_found', 'model'])
    expect(error.message).toBe(`The model '${name}' does not exist. Did you mean '${meant}'?`)
  })

  it('is not confused with a model whose number has a dot', () => {
    expect(allow.resolve('gpt-image-15')).toMatchObject({ id: 'gpt-image-15', label: 'other' })
  })
})

describe('an unknown name', () => {
  it.each(['grok-imagine-image-quality', 'gpt-image-3', '图像模型', '---'])(
    '%s passes where unknown models are allowed',
    (name) => {
      expect(allow.resolve(name)).toMatchObject({ id: name, label: 'other' })
    },
  )

  it.each([
    ['gpt-imag-2', 'gpt-image-2'],
    ['gpt-image-3', 'gpt-image-1'],
    ['dall-e-4', 'dall-e-3'],
    ['qwen-imge', 'qwen-image'],
  ])('%s is rejected with the suggestion %s', (name, meant) => {
    const { message, status } = refusal(reject, name)
    expect(status).toBe(404)
    expect(message).toContain(
      `The model '${name}' does not exist or is not in this gateway's catalogue. Did you mean '${meant}'?`,
    )
  })

  it('that resembles nothing is rejected with the way to the list', () => {
    expect(refusal(reject, 'stable-diffusion-xl').message).toContain('GET /v1/models lists the models.')
  })

  it('is not retried by SDKs', () => {
    expect(refusal(reject, 'stable-diffusion-xl').headers).toEqual({ 'x-should-retry': 'false' })
  })
})

describe('the catalogue', () => {
  it('lists every id once', () => {
    const ids = builtInModels.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('knows the parameter names of all models', () => {
    expect([...allow.namesIn('images.generations')].toSorted().join(' ')).toBe(
      'background complexity frame_count frame_duration_ms guidance_scale image model moderation n optimize_prompt_options ' +
        'output_compression output_format partial_images prompt prompt_rewriter quality response_format safety_identifier ' +
        'sequential_image_generation sequential_image_generation_options size stream style svg tools user watermark',
    )
  })
})
