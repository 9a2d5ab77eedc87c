import { describe, expect, it } from 'vitest'
import { onlyProblem, problems } from '../checking.ts'

const V2 = ['gpt-image-2', 'gpt-image-2-2026-04-21']
const V25 = [
  'gpt-image-2.5-flare',
  'gpt-image-2.5-sunburst',
  'gpt-image-2.5-flare-2026-09-08',
  'gpt-image-2.5-sunburst-2026-09-08',
]
const V26 = ['gpt-image-2.6-flare', 'gpt-image-2.6-sunburst']
const NEWER = [...V25, ...V26]

describe.each(V2)('%s', (model) => {
  it.each(['xhigh', 'max', 'standard', 'hd'])('refuses quality %s', (quality) => {
    expect(onlyProblem(model, { quality })).toMatchObject({
      code: 'invalid_value',
      param: 'quality',
      message: expect.stringContaining("'low', 'medium', 'high', and 'auto'"),
    })
  })

  it('takes a transparent background, which is a preview upstream', () => {
    expect(problems(model, { background: 'transparent' })).toEqual([])
  })

  it.each(['complexity', 'frame_count', 'svg', 'response_format', 'style'])(
    'refuses %s, which other models take',
    (name) => {
      expect(onlyProblem(model, { [name]: 'low' })).toMatchObject({ code: 'unsupported_parameter', param: name })
    },
  )

  it('refuses input_fidelity', () => {
    expect(onlyProblem(model, { input_fidelity: 'high' })).toMatchObject({
      code: 'unknown_parameter',
      param: 'input_fidelity',
    })
  })
})

describe.each(NEWER)('%s', (model) => {
  it.each(['low', 'medium', 'high', 'xhigh', 'max', 'auto', null])('takes quality %j', (quality) => {
    expect(problems(model, { quality })).toEqual([])
  })

  it.each(['standard', 'hd', 'xxhigh', 'maximum'])('refuses quality %s', (quality) => {
    expect(onlyProblem(model, { quality })).toMatchObject({
      code: 'invalid_value',
      param: 'quality',
      message: expect.stringContaining("'low', 'medium', 'high', 'xhigh', 'max', and 'auto'"),
    })
  })

  it.each(['png', 'webp', null])('takes a transparent background with output_format %j', (output_format) => {
    expect(problems(model, { background: 'transparent', output_format })).toEqual([])
  })

  it('refuses input_fidelity', () => {
    expect(onlyProblem(model, { input_fidelity: 'low' })).toMatchObject({
      code: 'unknown_parameter',
      param: 'input_fidelity',
    })
  })

  it('refuses response_format', () => {
    expect(onlyProblem(model, { response_format: 'b64_json' })).toMatchObject({ code: 'unsupported_parameter' })
  })
})

describe.each(V25)('%s', (model) => {
  it.each(['gif', 'svg'])('refuses output_format %s, which came with 2.6', (output_format) => {
    expect(onlyProblem(model, { output_format })).toMatchObject({
      code: 'invalid_value',
      param: 'output_format',
      message: expect.stringContaining("'png', 'jpeg', and 'webp'"),
    })
  })

  it.each([{ complexity: 'low' }, { frame_count: 4 }, { svg: { model: 'gpt-5' } }])(
    'refuses %j, which came with 2.6',
    (parameters) => {
      expect(onlyProblem(model, parameters)).toMatchObject({
        code: 'unsupported_parameter',
        param: Object.keys(parameters)[0],
      })
    },
  )
})

describe.each(V26)('%s', (model) => {
  it.each(['png', 'jpeg', 'webp', 'gif', 'svg', null])('takes output_format %j', (output_format) => {
    expect(problems(model, { output_format })).toEqual([])
  })

  it.each(['low', 'medium', 'high', null])('takes complexity %j', (complexity) => {
    expect(problems(model, { complexity })).toEqual([])
  })

  it.each(['auto', 'max', ''])('refuses complexity %j', (complexity) => {
    expect(onlyProblem(model, { complexity })).toMatchObject({
      code: 'invalid_value',
      param: 'complexity',
      message: expect.stringContaining("'low', 'medium', and 'high'"),
    })
  })
})

describe.each(['gpt-image-1', 'gpt-image-1-mini', ...V2, ...NEWER])('%s', (model) => {
  it.each(['a'.repeat(128), '🦊'.repeat(128), '', null])('takes the safety_identifier %j', (safety_identifier) => {
    expect(problems(model, { safety_identifier })).toEqual([])
  })

  it('refuses a safety_identifier of 129 characters', () => {
    expect(onlyProblem(model, { safety_identifier: 'a'.repeat(129) })).toEqual({
      code: 'invalid_value',
      param: 'safety_identifier',
      message:
        "Invalid 'safety_identifier'. It has 129 characters; at most 128 are allowed. Expected a string of 1 to 128 characters.",
    })
  })

  it('refuses a safety_identifier that is a number', () => {
    expect(onlyProblem(model, { safety_identifier: 7 })).toMatchObject({
      code: 'invalid_type',
      param: 'safety_identifier',
    })
  })
})
