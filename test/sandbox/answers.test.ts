import { describe, expect, it } from 'vitest'
import { dataOf, generate, pictureOf, sandbox } from './calling.ts'

const { url } = await sandbox()
const PNG = '89504e470d0a1a0a'

describe('GPT image models', () => {
  it('answer in the documented shape and key order, with base64', async () => {
    const answer = await generate(url, {
      model: 'gpt-image-2',
      prompt: 'A paper boat',
      size: '1024x1024',
      quality: 'low',
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(answer.headers.get('x-oneapi-request-id')).toMatch(/^\d{23}\w{8}$/)
    expect(Object.keys(answer.body)).toEqual([
      'created',
      'background',
      'output_format',
      'quality',
      'size',
      'usage',
      'data',
    ])
    expect(answer.body).toMatchObject({ background: 'opaque', output_format: 'png', quality: 'low', size: '1024x1024' })
    expect(answer.body.usage).toEqual({
      input_tokens: 9,
      input_tokens_details: { image_tokens: 0, text_tokens: 9 },
      output_tokens: 196,
      total_tokens: 205,
    })
    expect(Object.keys(dataOf(answer)[0] ?? {})).toEqual(['b64_json'])
    expect(pictureOf(answer).subarray(0, 8).toString('hex')).toBe(PNG)
  })

  it('decide what auto means, and say so', async () => {
    const wide = await generate(url, { model: 'gpt-image-2', prompt: 'a wide panorama', background: 'auto' })
    expect(wide.body).toMatchObject({ size: '1536x1024', quality: 'low', background: 'opaque' })
    const tall = await generate(url, {
      model: 'gpt-image-1',
      prompt: 'a portrait of a cat',
      size: 'auto',
      quality: 'auto',
    })
    expect(tall.body).toMatchObject({ size: '1024x1536', quality: 'medium' })
  })

  it('report the text tokens of the output for gpt-image-1.5', async () => {
    const answer = await generate(url, {
      model: 'gpt-image-1.5',
      prompt: 'a fox',
      size: '1024x1024',
      quality: 'medium',
    })
    const { usage } = answer.body
    expect(usage?.output_tokens_details?.image_tokens).toBe(1056)
    const texts = usage?.output_tokens_details?.text_tokens ?? 0
    expect(texts).toBeGreaterThanOrEqual(61)
    expect(texts).toBeLessThanOrEqual(430)
    expect(usage?.output_tokens).toBe(1056 + texts)
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + 1056 + texts)
  })

  it('make n different pictures and charge for n', async () => {
    const answer = await generate(url, {
      model: 'gpt-image-1-mini',
      prompt: 'two hills',
      n: 2,
      quality: 'low',
      size: '1024x1024',
    })
    expect(dataOf(answer)).toHaveLength(2)
    expect(pictureOf(answer, 0).equals(pictureOf(answer, 1))).toBe(false)
    expect(answer.body.usage).toMatchObject({ output_tokens: 2 * 272 })
  })

  it('take n: 0 for 1, as CometAPI does', async () => {
    const answer = await generate(url, { model: 'gpt-image-1', prompt: 'x', n: 0, quality: 'low' })
    expect(dataOf(answer)).toHaveLength(1)
  })

  it('take null for a parameter that was left out', async () => {
    const body = {
      model: 'gpt-image-2',
      prompt: 'x',
      n: null,
      size: null,
      quality: null,
      output_format: null,
      background: null,
    }
    expect((await generate(url, body)).body).toMatchObject({ size: '1024x1024', output_format: 'png' })
  })

  it('never see a field that CometAPI drops', async () => {
    const answer = await generate(url, {
      model: 'gpt-image-2',
      prompt: 'x',
      seed: 12,
      negative_prompt: 'y',
      made_up: {},
    })
    expect(answer.status).toBe(200)
  })
})

describe('dall-e models', () => {
  it('answer with a url and the revised prompt', async () => {
    const answer = await generate(url, { model: 'dall-e-3', prompt: 'A paper boat.' })
    expect(Object.keys(answer.body)).toEqual(['created', 'data'])
    const [item] = dataOf(answer)
    expect(Object.keys(item ?? {})).toEqual(['revised_prompt', 'url'])
    expect(item?.['revised_prompt']).toMatch(/^A paper boat, as /)
    const file = await fetch(item?.['url'] ?? '')
    expect(file.headers.get('content-type')).toBe('image/png')
    expect(
      Buffer.from(await file.arrayBuffer())
        .subarray(0, 8)
        .toString('hex'),
    ).toBe(PNG)
  })

  it('answer with base64 when asked', async () => {
    const answer = await generate(url, {
      model: 'dall-e-2',
      prompt: 'x',
      size: '256x256',
      response_format: 'b64_json',
      n: 3,
    })
    expect(dataOf(answer).map((item) => Object.keys(item))).toEqual([['b64_json'], ['b64_json'], ['b64_json']])
  })

  it('are the default, since CometAPI documents dall-e-3 as such', async () => {
    const answer = await generate(url, { prompt: 'x' })
    expect(dataOf(answer)[0]).toHaveProperty('revised_prompt')
  })
})

describe('other vendors', () => {
  it('qwen-image answers with a url and nothing else', async () => {
    const answer = await generate(url, { model: 'qwen-image', prompt: 'a cup of tea', size: '1328x1328' })
    expect(Object.keys(answer.body)).toEqual(['created', 'data'])
    expect(Object.keys(dataOf(answer)[0] ?? {})).toEqual(['url'])
  })

  it('Seedream answers with its model, sizes and its own usage', async () => {
    const answer = await generate(url, { model: 'doubao-seedream-4-5-251128', prompt: 'a whale', size: '2K', seed: 3 })
    expect(Object.keys(answer.body)).toEqual(['model', 'created', 'data', 'usage'])
    expect(Object.keys(dataOf(answer)[0] ?? {})).toEqual(['url', 'size'])
    expect(dataOf(answer)[0]?.['size']).toBe('2048x2048')
    expect(answer.body.usage).toEqual({ generated_images: 1, output_tokens: 16_384, total_tokens: 16_384 })
  })

  it('Seedream links are signed, and break when the ampersand is escaped', async () => {
    const answer = await generate(url, { model: 'bytedance-seedream-4-0-250828', prompt: 'a whale', size: '2560x1440' })
    const link = dataOf(answer)[0]?.['url'] ?? ''
    const file = await fetch(link)
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
    const mangled = await fetch(link.replaceAll('&', '&amp;'))
    expect(mangled.status).toBe(403)
    expect(await mangled.text()).toContain('0003-00000015')
  })

  it('Seedream makes a sequence when asked', async () => {
    const answer = await generate(url, {
      model: 'doubao-seedream-5-0-260128',
      prompt: 'a quiet ledger',
      size: '1920x1920',
      response_format: 'b64_json',
      sequential_image_generation: 'auto',
      sequential_image_generation_options: { max_images: 2 },
    })
    expect(dataOf(answer).map((item) => Object.keys(item))).toEqual([
      ['b64_json', 'size'],
      ['b64_json', 'size'],
    ])
    expect(answer.body.usage).toMatchObject({ generated_images: 2 })
  })
})

describe('files', () => {
  it('are forgotten, the oldest first, beyond 64', async () => {
    const order = { model: 'dall-e-2', prompt: 'a', size: '256x256', n: 10 }
    const first = dataOf(await generate(url, { ...order, n: 1 }))[0]?.['url'] ?? ''
    for (let batch = 0; batch < 7; batch += 1) await generate(url, order)
    const gone = await fetch(first)
    expect(gone.status).toBe(404)
    await gone.text()
  })
})
