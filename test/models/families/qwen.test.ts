import { describe, expect, it } from 'vitest'
import { onlyProblem, problems } from '../checking.ts'

describe('qwen-image', () => {
  it.each([
    { n: 1 },
    { n: null },
    { size: '1328x1328' },
    { size: '1664x928' },
    { size: '1140x1472' },
    { size: '100x99999' },
    { size: null },
    { response_format: 'url' },
    { user: 'team-a' },
  ])('takes %j', (parameters) => {
    expect(problems('qwen-image', parameters)).toEqual([])
  })

  it('refuses n = 2, as CometAPI documents', () => {
    expect(onlyProblem('qwen-image', { n: 2 })).toEqual({
      code: 'invalid_value',
      param: 'n',
      message: "Invalid value for 'n': 2. Expected the integer 1.",
    })
  })

  it('refuses base64, which it never answers with, in plain words', () => {
    const { code, param, message } = onlyProblem('qwen-image', { response_format: 'b64_json' })
    expect({ code, param }).toEqual({ code: 'invalid_value', param: 'response_format' })
    expect(message).toContain('answers with a link to the picture and never in base64')
    expect(message).toContain("Supported values are: 'url'.")
  })

  it.each(['auto', '1024', '', '2K', '0x0'])('refuses size %j', (size) => {
    expect(onlyProblem('qwen-image', { size })).toMatchObject({
      code: 'invalid_value',
      param: 'size',
      message: expect.stringContaining('Expected WIDTHxHEIGHT.'),
    })
  })

  it('suggests the plain spelling of a size', () => {
    expect(onlyProblem('qwen-image', { size: '1328×1328' }).message).toContain("Did you mean '1328x1328'?")
  })

  it.each(['quality', 'output_format', 'background', 'style', 'stream'])(
    'refuses %s, which other models take',
    (name) => {
      expect(onlyProblem('qwen-image', { [name]: 'auto' })).toMatchObject({
        code: 'unsupported_parameter',
        param: name,
      })
    },
  )
})
