import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { picture } from '../helpers/images.ts'
import { answerJson, imageAnswer } from '../helpers/upstream.ts'
import { startScriptedGateway } from './gateways.ts'
import { newOrder } from './pictures.ts'
import { expectError, request, upstreamError } from './raised-errors.ts'
import { failure, SDKS } from './sdks.ts'
import type { Script, ScriptedUpstream } from '../helpers/upstream.ts'
import type { ScriptedGateway } from './gateways.ts'
import type { ErrorClass } from './raised-errors.ts'

let scripted: ScriptedGateway
let upstream: ScriptedUpstream
let square: Buffer<ArrayBuffer>

beforeAll(async () => {
  scripted = await startScriptedGateway(undefined, { UPSTREAM_RETRIES: '0' })
  upstream = scripted.upstream
  square = await picture(64, 64)
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterAll(async () => {
  await scripted.close()
})

describe.each(SDKS)('openai $version', ({ OpenAI: Client, toFile }) => {
  const file = async (): Promise<File> => toFile(square, 'a.png', { type: 'image/png' })

  describe('what the upstream refuses', () => {
    const said = (message: string, code: string, param = ''): unknown => ({
      error: { message: `${message} (request id: 2026)`, type: 'comet_api_error', code, param },
    })
    const html = answerJson('<html><body>Bad Gateway</body></html>', 502, { 'content-type': 'text/html' })

    it.each<[string, Script, ErrorClass, Record<string, unknown>]>([
      [
        'a 400',
        answerJson(said('No.', 'invalid_value', 'size'), 400),
        'BadRequestError',
        { status: 400, code: 'invalid_value', param: 'size', type: request },
      ],
      [
        'its moderation',
        answerJson(
          { error: { message: 'No.', code: 'moderation_blocked', type: 'image_generation_user_error', param: null } },
          400,
        ),
        'BadRequestError',
        { status: 400, code: 'moderation_blocked', param: null, type: 'image_generation_user_error' },
      ],
      ['a 404', answerJson(said('No.', 'gone'), 404), 'NotFoundError', { status: 404, code: 'gone', param: null }],
      ['a 409', answerJson(said('No.', 'conflict'), 409), 'ConflictError', { status: 409, code: 'conflict' }],
      ['a 413', answerJson(said('No.', 'too_large'), 413), 'APIError', { status: 413, code: 'too_large' }],
      ['a 415', answerJson(said('No.', 'bad_type'), 415), 'APIError', { status: 415, code: 'bad_type' }],
      [
        'a 422',
        answerJson(said('No.', 'bad_image', 'image'), 422),
        'UnprocessableEntityError',
        { status: 422, code: 'bad_image', param: 'image', type: request },
      ],
      [
        'a 503 for a model without capacity',
        answerJson(said('No channel.', 'model_not_found'), 503),
        'NotFoundError',
        { status: 404, code: 'model_not_found', param: 'model', type: request },
      ],
      [
        'the gateway’s own key',
        answerJson(said('Wrong key.', 'invalid_api_key'), 401),
        'InternalServerError',
        { status: 502, code: 'upstream_rejected_key', param: null, type: upstreamError },
      ],
      [
        'an empty account',
        answerJson(said('No money.', 'insufficient_user_quota'), 403),
        'InternalServerError',
        { status: 502, code: 'upstream_quota_exhausted', param: null, type: upstreamError },
      ],
      [
        'a 501',
        answerJson(said('No.', 'api_not_implemented'), 501),
        'InternalServerError',
        { status: 501, code: 'not_implemented', param: null, type: request },
      ],
      [
        'a 500',
        answerJson(said('Oh.', 'do_request_failed'), 500),
        'InternalServerError',
        { status: 502, code: 'upstream_failed', param: null, type: upstreamError },
      ],
      ['a page', html, 'InternalServerError', { status: 502, code: 'upstream_failed', type: upstreamError }],
      [
        'a page with status 200',
        answerJson('<html></html>', 200, { 'content-type': 'text/html' }),
        'InternalServerError',
        { status: 502, code: 'upstream_invalid_response', type: upstreamError },
      ],
      [
        'a 503',
        answerJson(said('Overloaded.', ''), 503),
        'InternalServerError',
        { status: 503, code: 'upstream_overloaded', param: null, type: upstreamError },
      ],
      [
        'a 524',
        answerJson('<html></html>', 524, { 'content-type': 'text/html' }),
        'InternalServerError',
        { status: 504, code: 'upstream_timeout', param: null, type: upstreamError },
      ],
    ])('%s is its error, for a generation, a stream and an edit', async (_name, script, of, expected) => {
      upstream.script = script
      const sdk = new Client({ baseURL: `${scripted.gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
      const calls = [
        sdk.images.generate(newOrder()),
        sdk.images.edit({ model: 'gpt-image-2', prompt: newOrder().prompt, image: await file() }),
      ]
      for (const error of await Promise.all(calls.map(failure))) expectError(Client, error, of, expected)
      expectError(Client, await failure(sdk.images.generate({ ...newOrder(), stream: true })), of, expected)
      expect(((await failure(sdk.images.generate(newOrder()))) as Error).message).not.toContain('request id')
    })
  })

  it('a 429 is its error, and for as long as the upstream asked nothing is sent for that model', async () => {
    const other = await startScriptedGateway()
    other.upstream.script = answerJson({ error: { message: 'Slow down.', code: 'slow_down' } }, 429, {
      'retry-after': '7',
    })
    const sdk = new Client({ baseURL: `${other.gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
    const expected = { status: 429, code: 'rate_limit_exceeded', param: null, type: 'requests' }
    for (let call = 0; call < 3; call++) {
      const error = await failure(sdk.images.generate(newOrder()))
      expectError(Client, error, 'RateLimitError', expected)
      expect(Number((error as InstanceType<typeof Client.APIError>).headers?.get('retry-after'))).toBeGreaterThan(5)
    }
    expect(other.upstream.received).toHaveLength(1)
    await other.close()
  })
})
