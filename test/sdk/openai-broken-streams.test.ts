import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { completed, partial } from '../gateway/answers/recorded-streams.ts'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { picture } from '../helpers/images.ts'
import { turns } from '../helpers/time/turns.ts'
import { answerJson, imageAnswer } from '../helpers/upstream.ts'
import { startScriptedGateway } from './gateways.ts'
import { collect, newOrder } from './pictures.ts'
import { failure, SDKS } from './sdks.ts'
import type OpenAI from 'openai'
import type { ServerResponse } from 'node:http'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'
import type { ScriptedGateway } from './gateways.ts'

let scripted: ScriptedGateway
let upstream: ScriptedUpstream
let gateway: TestGateway
/** Keeps streams alive all the time. */
let lively: TestGateway
let square: Buffer<ArrayBuffer>

beforeAll(async () => {
  scripted = await startScriptedGateway(undefined, { UPSTREAM_RETRIES: '0' })
  upstream = scripted.upstream
  gateway = scripted.gateway
  lively = await startGateway(upstream.url, { STREAM_KEEP_ALIVE_MS: '30' })
  square = await picture(64, 64)
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterAll(async () => {
  await Promise.all([lively.close(), scripted.close()])
})

describe.each(SDKS)('openai $version', ({ OpenAI: Client, toFile }) => {
  const client = ({ url } = gateway): OpenAI => new Client({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 })
  const file = async (): Promise<File> => toFile(square, 'a.png', { type: 'image/png' })

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
        response.write(partial(0, IMAGE, family), () => void turns().then(() => fail(response)))
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
