import { describe, expect, it } from 'vitest'
import { check, problems } from '../checking.ts'

const names = (model: string, parameters: Record<string, unknown>): (string | null)[] =>
  problems(model, parameters).map(({ param }) => param)

describe('several problems of one request', () => {
  it('are all reported, the prompt first, whatever the order of the body', () => {
    const parameters = new Map<string, unknown>([
      ['style', 'vivid'],
      ['size', '1920x1080'],
      ['quality', 'hd'],
      ['n', 11],
      ['prompt', ''],
    ])
    const { issues, notTaken } = check('gpt-image-2', parameters)
    expect(issues.map(({ param }) => param)).toEqual(['prompt', 'n', 'quality', 'size'])
    expect(notTaken.map(({ param }) => param)).toEqual(['style'])
  })

  it('begin with a missing prompt', () => {
    const { issues } = check('dall-e-3', new Map<string, unknown>([['n', 2]]))
    expect(issues.map(({ code, param }) => [code, param])).toEqual([
      ['missing_required_parameter', 'prompt'],
      ['invalid_value', 'n'],
    ])
  })

  it('end with the rules across parameters and then the names not taken', () => {
    const parameters = {
      response_format: 'url',
      partial_images: 2,
      output_format: 'jpeg',
      background: 'transparent',
      frobnicate: 1,
      quality: 'ultra',
    }
    expect(names('gpt-image-2', parameters)).toEqual([
      'quality',
      'background',
      'partial_images',
      'response_format',
      'frobnicate',
    ])
  })

  it('keep the order of the body among names not taken', () => {
    expect(names('dall-e-3', { zebra: 1, background: 'auto', apple: 1 })).toEqual(['zebra', 'background', 'apple'])
  })

  it('have a code, a message and a param each', () => {
    const codes = problems('dall-e-3', { n: '1', size: 'auto', background: 'auto', sise: '1024x1024' }).map(
      ({ code, param }) => [code, param],
    )
    expect(codes).toEqual([
      ['invalid_type', 'n'],
      ['invalid_value', 'size'],
      ['unsupported_parameter', 'background'],
      ['unknown_parameter', 'sise'],
    ])
  })

  it('keep what a policy may drop apart from what is wrong', () => {
    const { issues, notTaken } = check(
      'dall-e-3',
      new Map<string, unknown>([
        ['prompt', 'x'],
        ['background', 'auto'],
        ['n', 2],
      ]),
    )
    expect(issues.map(({ param }) => param)).toEqual(['n'])
    expect(notTaken.map(({ param }) => param)).toEqual(['background'])
  })
})

describe('a parameter with a typing error in its name', () => {
  it.each([
    ['promt', 'prompt'],
    ['Quality', 'quality'],
    ['ouput_format', 'output_format'],
    ['outputFormat', 'output_format'],
    ['output-compression', 'output_compression'],
    ['back_ground', 'background'],
    ['sise', 'size'],
  ])('%s is refused with the name that was meant: %s', (written, meant) => {
    expect(problems('gpt-image-2', { [written]: 'auto' })).toEqual([
      {
        code: 'unknown_parameter',
        param: written,
        message: `Unknown parameter: '${written}'. Did you mean '${meant}'?`,
      },
    ])
  })

  it.each(['x', ''])('%j is not taken for the parameter n', (written) => {
    expect(problems('gpt-image-2', { [written]: 1 })[0]?.message).not.toContain('Did you mean')
  })
})
