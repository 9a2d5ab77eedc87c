import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { completed, partial } from '../gateway/answers/recorded-streams.ts'
import { eventually } from '../helpers/eventually.ts'
import { picture } from '../helpers/images.ts'
import { answerJson, imageAnswer } from '../helpers/upstream.ts'
import { startScriptedGateway } from './gateways.ts'
import { newOrder } from './pictures.ts'
import { failure, SDKS } from './sdks.ts'
import type OpenAI from 'openai'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Script, ScriptedUpstream } from '../helpers/upstream.ts'
import type { ScriptedGateway } from './gateways.ts'

const IMAGE = 'iVBORw0KGgo'.repeat(4000)

let scripted: ScriptedGateway
let upstream: ScriptedUpstream
let gateway: TestGateway
let square: Buffer<ArrayBuffer>

beforeAll(async () => {
  scripted = await startScriptedGateway()
  upstream = scripted.upstream
  gateway = scripted.gateway
  square = await picture(64, 64)
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterAll(() => scripted.close())

/** The gateway has seen that the one client of a generation has left. */
const orphaned = async (): Promise<unknown> =>
  eventually('the client is seen leaving', async () => (await gateway.metric('comet_orphans')) === 1)
const said = (message: string, code = ''): unknown => ({ error: { message, type: 'comet_api_error', code, param: '' } })
const page = (status: number): Script => answerJson('<html></html>', status, { 'content-type': 'text/html' })

describe.each(SDKS)('openai $version, which tries twice more by default', ({ OpenAI: Client, toFile }) => {
  let client: OpenAI
  beforeAll(() => {
    client = new Client({ baseURL: `${gateway.url}/v1`, apiKey: 'any' })
  })

  describe('a failure in which the image may have been made', () => {
    it.each<[string, Script]>([
      ['a 500', answerJson(said('do request failed', 'do_request_failed'), 500)],
      ['a page with 502', page(502)],
      ['a page with 503', page(503)],
      ['a page with 504', page(504)],
      ['a page with 524', page(524)],
      ['a 408', answerJson(said('timeout'), 408)],
      ['a 200 with an error', answerJson(said('busy', 'bad_response_status_code'))],
      ['a 200 with a page', page(200)],
      ['a 200 with half an answer', answerJson('{"created":1,"data":[{"b64_')],
      ['a connection that is reset', (response) => void response.socket?.resetAndDestroy()],
      ['a connection that is closed', (response) => void response.socket?.end()],
      [
        'a connection that is closed in the middle of a large answer',
        (response) => {
          const whole = JSON.stringify(imageAnswer({ data: [{ b64_json: IMAGE.repeat(10) }] }))
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length })
          response.write(whole.slice(0, 300_000), () => response.destroy())
        },
      ],
    ])('is bought once where the upstream answers with %s', async (_name, script) => {
      upstream.script = script
      const image = await toFile(square, 'a.png', { type: 'image/png' })
      await failure(client.images.generate(newOrder()))
      expect(upstream.received).toHaveLength(1)
      await failure(client.images.edit({ model: 'gpt-image-2', prompt: newOrder().prompt, image }))
      expect(upstream.received).toHaveLength(2)
    })

    it('is bought once where a stream breaks off', async () => {
      upstream.script = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(partial(0, IMAGE), () => response.destroy())
      }
      const stream = await client.images.generate({ ...newOrder(), stream: true, partial_images: 1 })
      const error = await failure(Array.fromAsync(stream))
      expect(error).toBeInstanceOf(Client.APIError)
      expect(upstream.received).toHaveLength(1)
    })
  })

  it.each<[string, Script]>([
    ['the gateway’s own key', answerJson(said('no', 'invalid_api_key'), 401)],
    ['an empty account', answerJson(said('no', 'insufficient_user_quota'), 429)],
    ['a model without capacity', answerJson(said('no', 'model_not_found'), 503)],
    ['moderation', answerJson(said('no', 'moderation_blocked'), 500)],
    ['a 501', answerJson(said('no'), 501)],
    ['a 409', answerJson(said('no'), 409)],
  ])('a failure that another try cannot help, %s, is asked for once', async (_name, script) => {
    upstream.script = script
    await failure(client.images.generate(newOrder()))
    expect(upstream.received).toHaveLength(1)
  })

  describe('a client that aborts', () => {
    const labels = 'model="gpt-image-2",key="anonymous",type="output"'

    it.each([
      ['by its own controller', 'controller'],
      ['by a signal', 'signal'],
    ] as const)('a stream %s gets no more events, and what was bought is booked', async (_name, how) => {
      const before = await gateway.metric('comet_tokens_total', labels)
      let end = (): void => {}
      upstream.script = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(partial(0, IMAGE))
        end = () => response.end(completed(IMAGE))
      }
      const abort = new AbortController()
      const body = { ...newOrder(), stream: true, partial_images: 1 } as const
      const stream = await client.images.generate(body, { signal: abort.signal })
      const types: string[] = []
      for await (const event of stream) {
        types.push(event.type)
        if (how === 'controller') stream.controller.abort()
        else abort.abort()
      }
      expect(types).toEqual(['image_generation.partial_image'])
      await orphaned()
      end()
      await eventually(
        'the usage of the stream is booked',
        async () => (await gateway.metric('comet_tokens_total', labels)) === before + 50,
      )
      expect(upstream.received).toHaveLength(1)
    })

    it('a call is an APIUserAbortError, is not asked for again, and is booked', async () => {
      const before = await gateway.metric('comet_tokens_total', labels)
      const abort = new AbortController()
      upstream.script = async (response, request) => {
        abort.abort()
        await orphaned()
        return answerJson(imageAnswer())(response, request)
      }
      const call = client.images.generate(newOrder(), { signal: abort.signal })
      expect(await failure(call)).toBeInstanceOf(Client.APIUserAbortError)
      await eventually(
        'the usage of the call is booked',
        async () => (await gateway.metric('comet_tokens_total', labels)) === before + 208,
      )
      expect(upstream.received).toHaveLength(1)
    })
  })

  it('an Idempotency-Key gives the same picture to both who send it', async () => {
    const adoptions = await gateway.metric('comet_adoptions_total')
    upstream.script = async (response, request) => {
      await eventually('the other is there', async () => (await gateway.metric('comet_adoptions_total')) > adoptions)
      return answerJson(imageAnswer({ data: [{ b64_json: IMAGE }] }))(response, request)
    }
    const header = { headers: { 'Idempotency-Key': `order-${performance.now()}` } }
    const order = newOrder()
    const both = await Promise.all([client.images.generate(order, header), client.images.generate(order, header)])
    expect(both.map(({ data }) => data?.[0]?.b64_json === IMAGE)).toEqual([true, true])
    expect(upstream.received).toHaveLength(1)
    const error = await failure(client.images.generate({ ...order, n: 2 }, header))
    expect(error).toBeInstanceOf(Client.UnprocessableEntityError)
    expect(error).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  })
})
