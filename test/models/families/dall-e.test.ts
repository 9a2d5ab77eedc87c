import { describe, expect, it } from 'vitest'
import { onlyProblem, problems } from '../checking.ts'

type Refusal = readonly [given: Record<string, unknown>, param: string, says: string]

/** Facts 2.1: what GPT image models take and neither DALL·E does. */
const OF_GPT_IMAGE = ['background', 'moderation', 'output_format', 'output_compression', 'partial_images', 'stream']

const FORMAT = "Supported values are: 'url' and 'b64_json'."

describe('dall-e-3', () => {
  it.each([
    { n: 1 },
    { n: null },
    { quality: 'standard' },
    { quality: 'hd' },
    { quality: 'auto' },
    { quality: null },
    { size: '1024x1024' },
    { size: '1792x1024' },
    { size: '1024x1792' },
    { size: null },
    { style: 'vivid' },
    { style: 'natural' },
    { style: null },
    { response_format: 'url' },
    { response_format: 'b64_json' },
    { response_format: null },
    { user: 'team-a' },
  ])('takes %j', (parameters) => {
    expect(problems('dall-e-3', parameters)).toEqual([])
  })

  it.each<Refusal>([
    [{ n: 2 }, 'n', "Invalid value for 'n': 2. Expected the integer 1."],
    [{ n: 0 }, 'n', 'Expected the integer 1.'],
    [{ quality: 'low' }, 'quality', "'standard', 'hd', and 'auto'"],
    [{ quality: 'high' }, 'quality', "'standard', 'hd', and 'auto'"],
    [{ size: 'auto' }, 'size', "'1024x1024', '1792x1024', and '1024x1792'"],
    [{ size: '512x512' }, 'size', "'1024x1024', '1792x1024', and '1024x1792'"],
    [{ size: '1536x1024' }, 'size', "'1024x1024', '1792x1024', and '1024x1792'"],
    [{ style: 'dramatic' }, 'style', "'vivid' and 'natural'"],
    [{ response_format: 'base64' }, 'response_format', FORMAT],
  ])('refuses %j and names %s', (parameters, param, says) => {
    expect(onlyProblem('dall-e-3', parameters)).toEqual({
      code: 'invalid_value',
      param,
      message: expect.stringContaining(says),
    })
  })

  it.each(OF_GPT_IMAGE)('refuses %s, which only GPT image models take', (name) => {
    expect(onlyProblem('dall-e-3', { [name]: 'auto' })).toEqual({
      code: 'unsupported_parameter',
      param: name,
      message:
        `Unsupported parameter: '${name}' is not supported with the model 'dall-e-3'. ` +
        "It takes 'prompt', 'model', 'n', 'quality', 'size', 'style', 'response_format', and 'user'.",
    })
  })
})

describe('dall-e-2', () => {
  it.each([
    { n: 1 },
    { n: 10 },
    { quality: 'standard' },
    { quality: 'auto' },
    { size: '256x256' },
    { size: '512x512' },
    { size: '1024x1024' },
    { size: null },
    { response_format: 'url' },
    { response_format: 'b64_json' },
    { user: 'team-a' },
  ])('takes %j', (parameters) => {
    expect(problems('dall-e-2', parameters)).toEqual([])
  })

  it.each<Refusal>([
    [{ n: 11 }, 'n', 'an integer from 1 to 10'],
    [{ quality: 'hd' }, 'quality', "'standard' and 'auto'"],
    [{ size: 'auto' }, 'size', "'256x256', '512x512', and '1024x1024'"],
    [{ size: '1792x1024' }, 'size', "'256x256', '512x512', and '1024x1024'"],
    [{ response_format: 'png' }, 'response_format', FORMAT],
  ])('refuses %j and names %s', (parameters, param, says) => {
    expect(onlyProblem('dall-e-2', parameters)).toEqual({
      code: 'invalid_value',
      param,
      message: expect.stringContaining(says),
    })
  })

  it.each([...OF_GPT_IMAGE, 'style'])('refuses %s, which other models take', (name) => {
    expect(onlyProblem('dall-e-2', { [name]: 'vivid' })).toMatchObject({ code: 'unsupported_parameter', param: name })
  })
})
