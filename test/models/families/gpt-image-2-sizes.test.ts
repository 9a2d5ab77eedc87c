import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { onlyProblem, problems } from '../checking.ts'

const MODELS = ['gpt-image-2', 'gpt-image-2-2026-04-21', 'gpt-image-2.5-flare', 'gpt-image-2.6-sunburst']

/** Facts 2.2: presets, sizes of recorded answers, and the borders of the four rules. */
const LEGAL = `
  auto 1024x1024 1536x1536 2048x2048 2880x2880 1536x1024 1024x1536 2048x1536 1536x2048
  1280x720 2560x1440 3840x2160 720x1280 1440x2560 2160x3840 2048x1024 3840x1920 1024x2048
  1920x3840 3360x1440 1440x3360 3840x1280 1280x3840 3072x2160 3472x1488 3584x2048
  1024x640 640x1024 3200x2560 3840x1296 1920x1088 1408x480 816x816`
  .trim()
  .split(/\s+/)

const DIVISIBLE = 'Width and height must both be divisible by 16.'
const EDGE = 'The longest edge must be at most 3840 pixels.'
const RATIO = 'The longest edge must be at most 3 times the shortest.'

/** Illegal sizes that break exactly the rules named, just beyond the border. */
const BEYOND: readonly [size: string, broken: readonly string[]][] = [
  ['1920x1080', [DIVISIBLE]],
  ['1024x1025', [DIVISIBLE]],
  ['1032x1024', [DIVISIBLE]],
  ['3856x1296', [EDGE]],
  ['1296x3856', [EDGE]],
  ['3072x1008', [RATIO]],
  ['1264x3840', [RATIO]],
  ['1008x640', ['It has 645,120 pixels; at least 655,360 are needed.']],
  ['512x512', ['It has 262,144 pixels; at least 655,360 are needed.']],
  ['2896x2880', ['It has 8,340,480 pixels; at most 8,294,400 are allowed.']],
  ['3840x2176', ['It has 8,355,840 pixels; at most 8,294,400 are allowed.']],
  ['4096x4096', [EDGE, 'It has 16,777,216 pixels; at most 8,294,400 are allowed.']],
  ['1x1', [DIVISIBLE, 'It has 1 pixels; at least 655,360 are needed.']],
]

const MEANT: readonly [written: string, meant: string][] = [
  ['1920x1080', '1920x1088'],
  ['1080x1920', '1088x1920'],
  ['7680x4320', '3840x2160'],
  ['4096x2160', '3840x2032'],
  ['1000x1000', '1008x1008'],
  ['1024X1024', '1024x1024'],
  ['1024×1024', '1024x1024'],
  ['1024*1024', '1024x1024'],
  ['1024:1024', '1024x1024'],
  [' 1024x1024 ', '1024x1024'],
  ['1024 x 1024', '1024x1024'],
  ['1024x1024\n', '1024x1024'],
  ['Auto', 'auto'],
]

const NO_SIZE_AT_ALL = `
  1024 1024x x1024 1024x1024x3 -1024x1024 +1024x1024 1e3x1e3 1024.0x1024 01024x1024 0x0 0x1024
  99999999999999999999x16 １０２４x1024 square 2K 1024x1024px constructor`.split(/\s+/)

describe.each(MODELS)('%s', (model) => {
  it.each(LEGAL)('takes %s', (size) => {
    expect(problems(model, { size })).toEqual([])
  })

  it.each(BEYOND)('refuses %s and says which rules it breaks', (size, broken) => {
    const { code, param, message } = onlyProblem(model, { size })
    expect([code, param]).toEqual(['invalid_value', 'size'])
    const said = [DIVISIBLE, EDGE, RATIO].filter((rule) => message.includes(rule))
    expect([...said, ...(message.match(/It has [\d,]+ pixels; at \w+ [\d,]+ are \w+\./g) ?? [])]).toEqual(broken)
  })

  it.each(MEANT)('refuses %j and suggests %s', (size, meant) => {
    expect(onlyProblem(model, { size })).toMatchObject({
      code: 'invalid_value',
      param: 'size',
      message: expect.stringContaining(`Did you mean '${meant}'?`),
    })
  })

  it.each(NO_SIZE_AT_ALL)('refuses %j and says what a size looks like', (size) => {
    const { code, message } = onlyProblem(model, { size })
    expect(code).toBe('invalid_value')
    expect(message).toContain(
      "Expected 'auto', or WIDTHxHEIGHT with both divisible by 16, the longest edge at most 3840, " +
        'an aspect ratio of at most 3:1, at least 655,360 pixels, at most 8,294,400 pixels.',
    )
  })
})

const isLegal = (w: number, h: number): boolean =>
  w % 16 === 0 &&
  h % 16 === 0 &&
  w <= 3840 &&
  h <= 3840 &&
  w <= 3 * h &&
  h <= 3 * w &&
  w * h >= 655_360 &&
  w * h <= 8_294_400

describe('any WIDTHxHEIGHT', () => {
  const edge = fc.oneof(
    fc.integer({ min: 1, max: 260 }).map((steps) => steps * 16),
    fc.integer({ min: 1, max: 5000 }),
  )

  it('is taken exactly where it follows the four rules of the guide', () => {
    fc.assert(
      fc.property(edge, edge, (width, height) => {
        expect(problems('gpt-image-2', { size: `${width}x${height}` }).length === 0).toBe(isLegal(width, height))
      }),
      { numRuns: 1000 },
    )
  })

  it('is never refused with a suggestion that is refused too', () => {
    fc.assert(
      fc.property(edge, edge, fc.constantFrom('x', 'X', '×', ' x ', '*'), (width, height, by) => {
        const [problem] = problems('gpt-image-2', { size: `${width}${by}${height}` })
        const meant = /Did you mean '(.+)'\?/.exec(problem?.message ?? '')?.[1]
        fc.pre(meant !== undefined)
        expect(problems('gpt-image-2', { size: meant })).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
