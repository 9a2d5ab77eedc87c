import { Agent } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { completed, partial } from '../gateway/answers/recorded-streams.ts'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { largePicture, picture } from '../helpers/images.ts'
import { answerJson, imageAnswer } from '../helpers/upstream.ts'
import { GATEWAY_KEY, startSandboxGateway, startScriptedGateway } from './gateways.ts'
import { collect, newOrder } from './pictures.ts'
import { failure, SDKS } from './sdks.ts'
import type OpenAI from 'openai'
import type { APIError } from 'openai'
import type { ServerResponse } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Script, ScriptedUpstream } from '../helpers/upstream.ts'
import type { ScriptedGateway } from './gateways.ts'

let sandbox: TestGateway
let scripted: ScriptedGateway
let upstream: ScriptedUpstream
let gateway: TestGateway
/** Keeps streams alive all the time. */
let lively: TestGateway
let square: Buffer<ArrayBuffer>
let large: Buffer<ArrayBuffer>

beforeAll(async () => {
  sandbox = await startSandboxGateway({ MAX_BODY_BYTES: '20000', MAX_UPLOAD_BYTES: '100000' })
  scripted = await startScriptedGateway(undefined, { UPSTREAM_RETRIES: '0' })
  upstream = scripted.upstream
  lively = await startGateway(upstream.url, { STREAM_KEEP_ALIVE_MS: '30' })
  gateway = scripted.gateway
  square = await picture(64, 64)
  large = await largePicture(20_000_000)
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterAll(async () => {
  await Promise.all([sandbox.close(), lively.close(), scripted.close()])
})

/** The classes that both SDKs export; `APIError` itself is what statuses without a class of their own are raised as. */
type ErrorClass =
  | 'APIError'
  | 'AuthenticationError'
  | 'BadRequestError'
  | 'ConflictError'
  | 'InternalServerError'
  | 'NotFoundError'
  | 'PermissionDeniedError'
  | 'RateLimitError'
  | 'UnprocessableEntityError'

const request = 'invalid_request_error'
const upstreamError = 'upstream_error'

describe.each(SDKS)('openai $version', ({ OpenAI: Client, toFile }) => {
  const sandboxClient = (options: { apiKey?: string } = {}): OpenAI =>
    new Client({ baseURL: `${sandbox.url}/v1`, apiKey: GATEWAY_KEY, maxRetries: 0, ...options })
  const client = ({ url } = gateway): OpenAI => new Client({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 })
  const file = (bytes = square): Promise<File> => toFile(bytes, 'a.png', { type: 'image/png' })

  /** An error is of its class exactly, and has what OpenAI's errors have. */
  function expectError(error: unknown, of: ErrorClass, expected: Record<string, unknown>): void {
    expect(error).toBeInstanceOf(Client.APIError)
    expect((error as Error).constructor).toBe(Client[of])
    expect(error).toMatchObject({ requestID: expect.stringMatching(/^req_/) as unknown, ...expected })
    expect((error as Error).message).toMatch(new RegExp(`^${String(expected['status'])} \\S+`))
  }

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
      expectError(error, of, { status, code, param, type: request })
    })

    it('several problems are all in the error’s issues', async () => {
      const error = await failure(
        sandboxClient().images.generate({ ...valid, size: '1x1', style: 'vivid', output_compression: 50 }),
      )
      expectError(error, 'BadRequestError', {
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
      expectError(await failure(stranger.models.list()), 'AuthenticationError', expected)
      expectError(await failure(stranger.images.generate(newOrder())), 'AuthenticationError', expected)
      const edit = stranger.images.edit({ model: 'gpt-image-2', prompt: 'a', image: await file(large) })
      expectError(await failure(edit), 'AuthenticationError', expected) // it has read on while the SDK was sending
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
      expectError(error, 'PermissionDeniedError', { status: 403, code: 'host_not_allowed', param: null, type: request })
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
      expectError(await failure(sdk.images.generate(newOrder())), 'PermissionDeniedError', {
        status: 403,
        code: 'model_not_allowed',
        param: 'model',
        type: request,
      })
      upstream.script = answerJson({ created: 1, data: [{ url: 'https://example.com/a.png' }] })
      await sdk.images.generate({ model: 'dall-e-3', prompt: 'a' })
      expectError(await failure(sdk.images.generate({ model: 'dall-e-3', prompt: 'a' })), 'RateLimitError', {
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
      expectError(error, 'RateLimitError', { status: 429, code: 'rate_limit_exceeded', type: 'requests', param: null })
      const { headers } = error as APIError
      expect(Number(headers?.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(headers?.get('retry-after'))).toBeLessThanOrEqual(60)
      expect(upstream.received).toHaveLength(1)
      await limited.close()
    })
  })

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
      const sdk = client()
      const calls = [
        sdk.images.generate(newOrder()),
        sdk.images.edit({ model: 'gpt-image-2', prompt: newOrder().prompt, image: await file() }),
      ]
      for (const error of await Promise.all(calls.map(failure))) expectError(error, of, expected)
      expectError(await failure(sdk.images.generate({ ...newOrder(), stream: true })), of, expected)
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
      expectError(error, 'RateLimitError', expected)
      expect(Number((error as InstanceType<typeof Client.APIError>).headers?.get('retry-after'))).toBeGreaterThan(5)
    }
    expect(other.upstream.received).toHaveLength(1)
    await other.close()
  })

  describe('a stream that fails after its beginning', () => {
    const IMAGE = 'iVBORw0KGgo'.repeat(4000)

    it.each<[string, (response: ServerResponse) => void, string]>([
      [
        'an error event',
        (response) => response.end('event: error\ndata: {"error":{"message":"no","code":"server_error"}}\n\n'),
        'upstream_failed',
      ],
      [
        'an error without a name',
        (response) => response.end('data: {"error":{"message":"no","code":"moderation_blocked","type":"x"}}\n\n'),
        'moderation_blocked',
      ],
      ['an early end', (response) => response.end(), 'upstream_failed'],
      ['an end within an event', (response) => response.end(completed(IMAGE).slice(0, 30_000)), 'upstream_failed'],
      ['a reset', (response) => void response.socket?.resetAndDestroy(), 'upstream_failed'],
    ])('with %s raises an APIError, of a generation and of an edit', async (_name, fail, code) => {
      const calls = [
        ['image_generation', (sdk: OpenAI) => sdk.images.generate({ ...newOrder(), stream: true, partial_images: 1 })],
        [
          'image_edit',
          async (sdk: OpenAI) =>
            sdk.images.edit({
              model: 'gpt-image-2',
              prompt: newOrder().prompt,
              image: await file(),
              stream: true,
              partial_images: 1,
            }),
        ],
      ] as const
      upstream.script = (response, { url }) => {
        const family = url.endsWith('edits') ? 'image_edit' : 'image_generation'
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(partial(0, IMAGE, family), () => fail(response))
      }
      const outcomes = calls.map(async ([family, call]) => {
        const types: string[] = []
        const error = await failure(
          (async () => {
            for await (const event of await call(client())) types.push(event.type)
          })(),
        )
        expect(types).toEqual([`${family}.partial_image`])
        expect(error).toBeInstanceOf(Client.APIError)
        expect(error).toMatchObject({ code, param: null, requestID: expect.stringMatching(/^req_/) as unknown })
      })
      await Promise.all(outcomes)
      expect(upstream.received).toHaveLength(2)
    })

    it('while it was kept alive raises an APIError', async () => {
      let answering: ServerResponse | undefined
      lively.app.server.server.once('request', (_request, reply: ServerResponse) => (answering = reply))
      upstream.script = async (response, received) => {
        await eventually('a comment has gone out', () => answering?.headersSent === true)
        return answerJson({ error: { message: 'No.', code: 'invalid_value', param: 'size' } }, 400)(response, received)
      }
      const stream = await client(lively).images.generate({ ...newOrder(), stream: true })
      const error = await failure(collect(stream))
      expect(error).toBeInstanceOf(Client.APIError)
      expect(error).toMatchObject({ code: 'invalid_value', param: 'size', message: 'No.' })
    })
  })
})
