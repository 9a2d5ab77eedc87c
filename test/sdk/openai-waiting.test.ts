import { describe, expect, it } from 'vitest'
import { completed, partial } from '../gateway/answers/recorded-streams.ts'
import { eventually } from '../helpers/eventually.ts'
import { picture } from '../helpers/images.ts'
import { answerJson, gated, imageAnswer } from '../helpers/upstream.ts'
import { exchangesOf, startScriptedGateway } from './gateways.ts'
import { givingUp } from './giving-up.ts'
import { SMALL } from './pictures.ts'
import { failure, SDKS } from './sdks.ts'
import type OpenAI from 'openai'
import type { APIError, ClientOptions } from 'openai'
import type { Script } from '../helpers/upstream.ts'
import type { ScriptedGateway } from './gateways.ts'
import type { Sdk } from './sdks.ts'

const IMAGE = 'iVBORw0KGgo'.repeat(4000)
/** The gateway tries again itself what cannot have been done; with this it leaves that to the SDK. */
const NO_RETRIES = { UPSTREAM_RETRIES: '0' }
/** UPSTREAM_TIMEOUT_MS by default. */
const TIMEOUT_MS = 600_000

const said = (message: string, code = ''): unknown => ({ error: { message, type: 'comet_api_error', code, param: '' } })

/** Gives each request the next script. */
function inTurn(...scripts: readonly Script[]): Script {
  const left = [...scripts]
  return (response, request) => left.shift()?.(response, request)
}

/** A test with an upstream and a gateway of its own for each SDK, all at once: most of their time is waiting. */
function behind(
  script: () => Script,
  environment: Record<string, string>,
  test: (sdk: Sdk, world: ScriptedGateway) => Promise<void>,
): () => Promise<void> {
  const one = async (sdk: Sdk): Promise<void> => {
    const world = await startScriptedGateway(script(), environment)
    try {
      await test(sdk, world)
    } catch (cause) {
      throw new Error(`with openai ${sdk.version}`, { cause })
    } finally {
      await world.close()
    }
  }
  return async () => void (await Promise.all(SDKS.map(one)))
}

const clientOf = ({ OpenAI: Client }: Sdk, { gateway }: ScriptedGateway, options: ClientOptions = {}): OpenAI =>
  new Client({ baseURL: `${gateway.url}/v1`, apiKey: 'any', ...options })

/** A test in which each SDK gives up its first call once that is upstream; the upstream answers when it has come back. */
function givenUp(answer: Script, test: (client: OpenAI, sdk: Sdk) => Promise<void>): () => Promise<void> {
  return behind(
    () => () => {},
    {},
    async (sdk, { gateway, upstream, ...world }) => {
      const { script, open } = gated(answer)
      upstream.script = script
      const arrived = async (): Promise<unknown> => eventually('it is upstream', () => upstream.received.length === 1)
      const client = clientOf(sdk, { gateway, upstream, ...world }, { fetch: givingUp(arrived) })
      const testing = test(client, sdk)
      await eventually('the SDK has come back', async () => (await gateway.metric('comet_adoptions_total')) === 1)
      open()
      await testing
      expect(upstream.received).toHaveLength(1)
    },
  )
}

const slowDown = (seconds: string): Script => answerJson(said('no', 'slow_down'), 429, { 'retry-after': seconds })

describe.concurrent('each SDK', () => {
  it(
    'waits for a 429 and a 503 of the upstream as long as retry-after says',
    behind(
      () => inTurn(slowDown('1'), answerJson(said('overloaded'), 503), answerJson(imageAnswer())),
      NO_RETRIES,
      async (sdk, world) => {
        const start = performance.now()
        expect((await clientOf(sdk, world).images.generate(SMALL)).data).toHaveLength(1)
        expect(world.upstream.received).toHaveLength(3)
        expect(performance.now() - start).toBeGreaterThan(1900)
        await eventually('three requests are logged', () => exchangesOf(world.gateway) === 3)
      },
    ),
  )

  it(
    'waits for a 429 by itself, as it says: the gateway does not wait and send again too',
    behind(
      () => inTurn(slowDown('1'), answerJson(imageAnswer())),
      {},
      async (sdk, world) => {
        expect((await clientOf(sdk, world).images.generate(SMALL)).data).toHaveLength(1)
        expect(world.upstream.received).toHaveLength(2)
        await eventually('two requests are logged', () => exchangesOf(world.gateway) === 2)
      },
    ),
  )

  it(
    'is never asked to wait for more than a minute',
    behind(
      () => slowDown('3600'),
      {},
      async (sdk, world) => {
        const error = await failure(clientOf(sdk, world, { maxRetries: 0 }).images.generate(SMALL))
        expect(error).toBeInstanceOf(sdk.OpenAI.RateLimitError)
        expect((error as APIError).headers?.get('retry-after')).toBe('60')
        expect(world.upstream.received).toHaveLength(1)
      },
    ),
  )

  it(
    'tries again where the upstream refuses the connection, since nothing was sent',
    behind(
      () => answerJson(imageAnswer()),
      NO_RETRIES,
      async (sdk, world) => {
        await world.upstream.close()
        const error = await failure(clientOf(sdk, world, { maxRetries: 1 }).images.generate(SMALL))
        expect(error).toBeInstanceOf(sdk.OpenAI.InternalServerError)
        expect(error).toMatchObject({ status: 502, code: 'upstream_unreachable' })
        await eventually('two requests are logged', () => exchangesOf(world.gateway) === 2)
      },
    ),
  )

  it(
    'does not ask again where the upstream did not answer in time',
    behind(
      () => () => {},
      {},
      async (sdk, world) => {
        const { images } = clientOf(sdk, world)
        const calls = [images.generate(SMALL), images.generate({ ...SMALL, stream: true })]
        await eventually('both are upstream', () => world.upstream.received.length === 2)
        await world.clock.advance(TIMEOUT_MS)
        for (const error of await Promise.all(calls.map(failure))) {
          expect(error).toBeInstanceOf(sdk.OpenAI.InternalServerError)
          expect(error).toMatchObject({ status: 504, code: 'upstream_timeout', param: null, type: 'upstream_error' })
        }
        expect(world.upstream.received).toHaveLength(2)
      },
    ),
  )

  it(
    'raises an APIError where a stream falls silent, and does not ask again',
    behind(
      () => (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(partial(0, IMAGE))
      },
      {},
      async (sdk, world) => {
        const types: string[] = []
        const error = await failure(
          (async () => {
            for await (const { type } of await clientOf(sdk, world).images.generate({ ...SMALL, stream: true })) {
              types.push(type)
              await world.clock.advance(TIMEOUT_MS)
            }
          })(),
        )
        expect(types).toEqual(['image_generation.partial_image'])
        expect(error).toBeInstanceOf(sdk.OpenAI.APIError)
        expect(error).toMatchObject({ code: 'upstream_timeout', param: null })
        expect(world.upstream.received).toHaveLength(1)
      },
    ),
  )

  it(
    'that gives up waiting raises its own error, and the image is bought once',
    behind(
      () => () => {},
      {},
      async (sdk, world) => {
        const { script, open } = gated(answerJson(imageAnswer()))
        world.upstream.script = script
        const client = clientOf(sdk, world, { timeout: 1500, maxRetries: 0 })
        expect(await failure(client.images.generate(SMALL))).toBeInstanceOf(sdk.OpenAI.APIConnectionTimeoutError)
        open()
        await eventually('it is settled', () => world.gateway.app.underWay().length === 0)
        expect(world.upstream.received).toHaveLength(1)
      },
    ),
  )

  it(
    'that gives up waiting and asks again gets the answer that was bought already',
    givenUp(answerJson(imageAnswer({ data: [{ b64_json: IMAGE }] })), async (client) => {
      const { data, response } = await client.images.generate(SMALL).withResponse()
      expect(data.data?.[0]?.b64_json).toBe(IMAGE)
      expect(response.headers.get('x-gateway-adopted')).toMatch(/^gen_/)
    }),
  )

  it(
    'that gives up waiting and asks for its edit again gets the answer that was bought already',
    givenUp(answerJson(imageAnswer()), async (client, sdk) => {
      const image = await sdk.toFile(await picture(64, 64), 'a.png', { type: 'image/png' })
      const edit = await client.images.edit({ model: 'gpt-image-2', prompt: 'a', image })
      expect(edit.data).toHaveLength(1)
    }),
  )

  it(
    'that gives up waiting and asks for its stream again gets the events that were bought already',
    givenUp(
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(partial(0, IMAGE) + completed(IMAGE))
      },
      async (client) => {
        const stream = await client.images.generate({ ...SMALL, stream: true })
        const types = await Array.fromAsync(stream, ({ type }) => type)
        expect(types).toEqual(['image_generation.partial_image', 'image_generation.completed'])
      },
    ),
  )
})
