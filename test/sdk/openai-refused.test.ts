import { Agent } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { largePicture, picture } from '../helpers/images.ts'
import { answerJson, imageAnswer } from '../helpers/upstream.ts'
import { GATEWAY_KEY, startSandboxGateway, startScriptedGateway } from './gateways.ts'
import { newOrder } from './pictures.ts'
import { expectError, request } from './raised-errors.ts'
import { failure, SDKS } from './sdks.ts'
import type OpenAI from 'openai'
import type { APIError } from 'openai'
import type { LookupFunction } from 'node:net'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'
import type { ScriptedGateway } from './gateways.ts'
import type { ErrorClass } from './raised-errors.ts'

let sandbox: TestGateway
let scripted: ScriptedGateway
let upstream: ScriptedUpstream
let gateway: TestGateway
let square: Buffer<ArrayBuffer>
let large: Buffer<ArrayBuffer>

beforeAll(async () => {
  sandbox = await startSandboxGateway({ MAX_BODY_BYTES: '20000', MAX_UPLOAD_BYTES: '100000' })
  scripted = await startScriptedGateway(undefined, { UPSTREAM_RETRIES: '0' })
  upstream = scripted.upstream
  gateway = scripted.gateway
  square = await picture(64, 64)
  large = await largePicture(20_000_000)
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterAll(async () => {
  await Promise.all([sandbox.close(), scripted.close()])
})

describe.each(SDKS)('openai $version', ({ OpenAI: Client, toFile }) => {
  const sandboxClient = (options: { apiKey?: string } = {}): OpenAI =>
    new Client({ baseURL: `${sandbox.url}/v1`, apiKey: GATEWAY_KEY, maxRetries: 0, ...options })
  const file = async (bytes = square): Promise<File> => toFile(bytes, 'a.png', { type: 'image/png' })

  describe('what the gateway refuses itself', () => {
    const valid = { model: 'gpt-image-2', prompt: 'a' }

    it.each<[string, (sdk: OpenAI) => PromiseLike<unknown>, ErrorClass, readonly [number, string, string | null]]>([
      [
        'a parameter of other models',
        (sdk) => sdk.images.generate({ ...valid, response_format: 'url' }),
        'BadRequestError',
        [400, 'unsupported_parameter', 'response_format'],
      ],
      [
        'a parameter of no model',
        (sdk) => sdk.images.generate({ ...valid, ['colour' as 'user']: 'red' }),
        'BadRequestError',
        [400, 'unknown_parameter', 'colour'],
      ],
      [
        'a value that the model does not take',
        (sdk) => sdk.images.generate({ ...valid, size: '1920x1080' }),
        'BadRequestError',
        [400, 'invalid_value', 'size'],
      ],
      [
        'a value of another type',
        (sdk) => sdk.images.generate({ ...valid, n: '2' as unknown as number }),
        'BadRequestError',
        [400, 'invalid_type', 'n'],
      ],
      [
        'an edit without its image',
        (sdk) => sdk.images.edit({ ...valid, image: [] }),
        'BadRequestError',
        [400, 'missing_required_parameter', 'image'],
      ],
      [
        'an empty prompt',
        async (sdk) => sdk.images.edit({ model: 'gpt-image-2', image: await file(), prompt: '' }),
        'BadRequestError',
        [400, 'invalid_value', 'prompt'],
      ],
      [
        'an edit of what is no picture',
        async (sdk) => sdk.images.edit({ ...valid, image: await file(Buffer.from('hello')) }),
        'BadRequestError',
        [400, 'invalid_value', 'image'],
      ],
      [
        'a mask without alpha',
        async (sdk) => sdk.images.edit({ ...valid, image: await file(), mask: await file() }),
        'BadRequestError',
        [400, 'invalid_value', 'mask'],
      ],
      [
        'a variation by a model that makes none',
        async (sdk) => sdk.images.createVariation({ model: 'gpt-image-2', image: await file() }),
        'BadRequestError',
        [400, 'invalid_value', 'model'],
      ],
      [
        'a model that does not exist',
        (sdk) => sdk.images.generate({ model: 'gpt-image-9', prompt: 'a' }),
        'NotFoundError',
        [404, 'model_not_found', 'model'],
      ],
      [
        'a model that does not exist, retrieved',
        (sdk) => sdk.models.retrieve('gpt-image-9'),
        'NotFoundError',
        [404, 'model_not_found', 'model'],
      ],
      [
        'an operation that is not of images',
        (sdk) => sdk.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: 'a' }] }),
        'NotFoundError',
        [404, 'not_found', null],
      ],
      ['a method that there is not', (sdk) => sdk.get('/images/edits'), 'APIError', [405, 'method_not_allowed', null]],
      [
        'a body that is too large',
        (sdk) => sdk.images.generate({ ...valid, prompt: 'a'.repeat(30_000) }),
        'APIError',
        [413, 'request_too_large', null],
      ],
      [
        'an upload that is too large',
        async (sdk) => sdk.images.edit({ ...valid, image: await file(large) }),
        'APIError',
        [413, 'request_too_large', null],
      ],
      [
        'a name that is too long',
        (sdk) => sdk.models.retrieve('a'.repeat(400)),
        'APIError',
        [414, 'uri_too_long', null],
      ],
      [
        'a body of another type',
        (sdk) => sdk.post('/images/generations', { body: 'hello', headers: { 'content-type': 'text/plain' } }),
        'APIError',
        [415, 'unsupported_media_type', null],
      ],
      [
        'headers that are too large',
        (sdk) => sdk.models.list({ headers: { 'x-large': 'a'.repeat(20_000) } }),
        'APIError',
        [431, 'headers_too_large', null],
      ],
    ])('%s is its error, with code and param', async (_name, call, of, [status, code, param]) => {
      const error = await failure(call(sandboxClient()))
      expectError(Client, error, of, { status, code, param, type: request })
    })

    it('several problems are all in the error’s issues', async () => {
      const error = await failure(
        sandboxClient().images.generate({ ...valid, size: '1x1', style: 'vivid', output_compression: 50 }),
      )
      expectError(Client, error, 'BadRequestError', {
        status: 400,
        error: {
          issues: expect.arrayContaining([
            expect.objectContaining({ param: 'style', code: 'unsupported_parameter' }),
            expect.objectContaining({ param: 'size', code: 'invalid_value' }),
            expect.objectContaining({ param: 'output_compression', code: 'invalid_value' }),
          ]) as unknown,
        },
      })
    })

    it('a wrong key is an AuthenticationError', async () => {
      const stranger = sandboxClient({ apiKey: 'sk-wrong' })
      const expected = { status: 401, code: 'invalid_api_key', param: null, type: request }
      expectError(Client, await failure(stranger.models.list()), 'AuthenticationError', expected)
      expectError(Client, await failure(stranger.images.generate(newOrder())), 'AuthenticationError', expected)
      const edit = stranger.images.edit({ model: 'gpt-image-2', prompt: 'a', image: await file(large) })
      expectError(Client, await failure(edit), 'AuthenticationError', expected) // it has read on while the SDK was sending
    })

    it('a host name that is not local is a PermissionDeniedError', async () => {
      const lookup: LookupFunction = (_host, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }])
      const dispatcher = new Agent({ connect: { lookup } })
      const sdk = new Client({
        baseURL: `http://rebound.example:${new URL(gateway.url).port}/v1`,
        apiKey: 'any',
        maxRetries: 0,
        fetchOptions: { dispatcher },
      })
      const error = await failure(sdk.images.generate(newOrder()))
      expectError(Client, error, 'PermissionDeniedError', {
        status: 403,
        code: 'host_not_allowed',
        param: null,
        type: request,
      })
      expect(upstream.received).toHaveLength(0)
      await dispatcher.close()
    })

    it('a model that is not the key’s is a PermissionDeniedError, and a spent budget a RateLimitError', async () => {
      const adminKey = 'sk-admin-0123456789-0123456789'
      const team = await startGateway(upstream.url, { ADMIN_KEY: adminKey, DATABASE: 'true' })
      const settings = { name: 'alice', models: ['dall-e-3'], budget: { usd: 0.07, period: 'total' } }
      const created = await team.post(settings, { authorization: `Bearer ${adminKey}` }, '/gateway/keys')
      const { secret } = (await created.json()) as { secret: string }
      const sdk = new Client({ baseURL: `${team.url}/v1`, apiKey: secret }) // tries twice more by default
      expectError(Client, await failure(sdk.images.generate(newOrder())), 'PermissionDeniedError', {
        status: 403,
        code: 'model_not_allowed',
        param: 'model',
        type: request,
      })
      upstream.script = answerJson({ created: 1, data: [{ url: 'https://example.com/a.png' }] })
      await sdk.images.generate({ model: 'dall-e-3', prompt: 'a' })
      expectError(Client, await failure(sdk.images.generate({ model: 'dall-e-3', prompt: 'a' })), 'RateLimitError', {
        status: 429,
        code: 'insufficient_quota',
        param: null,
        type: 'insufficient_quota',
      })
      expect(upstream.received).toHaveLength(1)
      await eventually('it is logged', () =>
        expect(team.lines.filter((line) => line.includes('insufficient_quota'))).toHaveLength(1),
      )
      await team.close()
    })

    it('a request over the limit is a RateLimitError with when to come back', async () => {
      const limited = await startGateway(upstream.url, { RATE_LIMIT_RPM: '1' })
      const sdk = new Client({ baseURL: `${limited.url}/v1`, apiKey: 'any', maxRetries: 0 })
      const { response } = await sdk.images.generate(newOrder()).withResponse()
      expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0')
      const error = await failure(sdk.images.generate(newOrder()))
      expectError(Client, error, 'RateLimitError', {
        status: 429,
        code: 'rate_limit_exceeded',
        type: 'requests',
        param: null,
      })
      const { headers } = error as APIError
      expect(Number(headers?.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(headers?.get('retry-after'))).toBeLessThanOrEqual(60)
      expect(upstream.received).toHaveLength(1)
      await limited.close()
    })
  })
})
