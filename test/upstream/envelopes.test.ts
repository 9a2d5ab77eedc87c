import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readError } from '../../src/upstream/envelope.ts'
import { comet, translate } from './translating.ts'

const untouched = (text: string): string => text
const read = (body: unknown): unknown =>
  readError(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), untouched)
const NOTHING = { message: '', type: '', code: '', param: null }

describe('readError', () => {
  it.each<[name: string, body: unknown, error: object]>([
    [
      'CometAPI’s envelope',
      comet('invalid_request', 'words'),
      { message: 'words', type: 'comet_api_error', code: 'invalid_request', param: null },
    ],
    [
      'OpenAI’s envelope',
      {
        error: {
          message: 'Unknown parameter.',
          type: 'invalid_request_error',
          param: 'style',
          code: 'unknown_parameter',
        },
      },
      { message: 'Unknown parameter.', type: 'invalid_request_error', param: 'style', code: 'unknown_parameter' },
    ],
    [
      'new-api’s authentication',
      { error: { message: '无效的令牌', type: 'new_api_error' } },
      { message: '无效的令牌', type: 'new_api_error' },
    ],
    [
      'an error without an envelope',
      { message: 'no', code: 'moderation_blocked' },
      { message: 'no', code: 'moderation_blocked' },
    ],
    ['an error that is text', { error: 'model is busy' }, { message: 'model is busy' }],
    ['an error beside images', { data: [], error: { message: 'no' } }, { message: 'no' }],
    ['null for every member', { error: { message: null, type: null, param: null, code: null } }, {}],
    ['numbers for members', { error: { message: 5, type: 6, param: 7, code: 403 } }, {}],
    ['an error in an error', { error: { error: { message: 'no' } } }, {}],
    ['an error that is a list', { error: [{ message: 'no' }] }, {}],
    ['an error that is null', { error: null }, {}],
    ['an error that is a number', { error: 5 }, {}],
    ['a list', [{ message: 'no' }], {}],
    ['null', 'null', {}],
    ['a number', '5', {}],
    ['a page', '<html><body>502</body></html>', {}],
    ['nothing', '', {}],
    ['JSON that is cut off', '{"error":{"message":"no","code":"x"', {}],
    ['a message in the prototype', '{"__proto__":{"message":"no"}}', {}],
    ['words that are plain text', 'upstream connect error', {}],
  ])('reads %s', (_name, body, error) => {
    expect(read(body)).toEqual({ ...NOTHING, ...error })
  })

  it('gives words for anything, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.uint8Array()), (body) => {
        expect(readError(Buffer.from(body), untouched)).toEqual({
          message: expect.any(String),
          type: expect.any(String),
          code: expect.any(String),
          param: expect.toSatisfy((param: unknown) => param === null || typeof param === 'string'),
        })
      }),
      { numRuns: 500 },
    )
  })
})

const sent = (error: object): unknown => translate({ status: 400, body: { error } }).toBody().error

describe('OpenAI’s shape', () => {
  it('has null for a param and a code that are empty', () => {
    expect(sent({ message: 'no', type: 'comet_api_error', param: '', code: '' })).toEqual({
      message: 'no',
      type: 'invalid_request_error',
      param: null,
      code: null,
    })
  })

  it('has null for a param and a code that are missing', () => {
    expect(sent({ message: 'no', type: 'x_error' })).toEqual({
      message: 'no',
      type: 'x_error',
      param: null,
      code: null,
    })
  })

  it.each(['comet_api_error', 'packy_api_error', 'new_api_error', 'shell_api_error', ''])(
    'has no %s for a type',
    (type) => {
      expect(sent({ message: 'no', type })).toMatchObject({ type: 'invalid_request_error' })
    },
  )

  it('keeps the types of OpenAI', () => {
    expect(sent({ message: 'no', type: 'image_generation_user_error' })).toMatchObject({
      type: 'image_generation_user_error',
    })
  })

  it('is kept by any body and any error status', () => {
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.jsonValue().map((error) => JSON.stringify({ error })),
    )
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), body, (status, text) => {
        const error = translate({ status, body: text })
        expect(Object.keys(error.toBody().error)).toEqual(['message', 'type', 'param', 'code'])
        expect(error.status).toBeGreaterThanOrEqual(400)
        expect(error.message).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })
})

describe('the header with the upstream’s code', () => {
  it.each(['invalid_request', 'channel:no_available_key', 'a.b-c'])('holds %s', (code) => {
    expect(translate({ status: 500, body: comet(code) }).headers['x-gateway-upstream-code']).toBe(code)
  })

  it.each(['', 'two words', 'line\r\nset-cookie: a=b', 'käse', 'x'.repeat(65)])('does not hold %j', (code) => {
    expect(translate({ status: 500, body: comet(code) }).headers).not.toHaveProperty('x-gateway-upstream-code')
  })
})
