import OpenAI, { toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { picture } from '../helpers/images.ts'
import { givingUp } from '../sdk/giving-up.ts'
import { answers, says } from './faulty-upstream.ts'
import { inWorld } from './world.ts'
import type { FaultWorld } from './world.ts'

const PICTURE = { model: 'gpt-image-2', prompt: 'a paper boat', size: '1024x1024', quality: 'low' } as const

/** The real SDK with its two retries: about half a second before the first, one before the second. */
function sdk({ gateway }: FaultWorld, giveUpAt: readonly (() => Promise<unknown>)[] = []): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', fetch: givingUp(...giveUpAt) })
}

const madeFirst = ({ upstream }: FaultWorld): unknown =>
  (JSON.parse(String(upstream.purchases[0])) as { data: [{ b64_json: string }] }).data[0].b64_json

const arrived =
  ({ upstream }: FaultWorld, count: number) =>
  async (): Promise<unknown> =>
    eventually(`${count} orders arrive upstream`, () => upstream.arrivals === count)

describe.concurrent('the openai SDK that gives up waiting and comes back', () => {
  it('for a picture gets the one that was paid for', async () => {
    await inWorld({}, async (world) => {
      world.upstream.before.close()
      const answer = sdk(world, [arrived(world, 1)])
        .images.generate(PICTURE)
        .withResponse()
      await world.adopted(1)
      world.upstream.before.open()
      const { data, response } = await answer
      expect(data.data?.[0]?.b64_json).toBe(madeFirst(world))
      expect(response.headers.get('x-gateway-adopted')).toMatch(/^gen_/)
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('twice gets it at its last attempt', async () => {
    await inWorld({}, async (world) => {
      world.upstream.before.close()
      const moments = [arrived(world, 1), async () => world.adopted(1)]
      const answer = sdk(world, moments).images.generate(PICTURE)
      await world.adopted(2)
      world.upstream.before.open()
      expect((await answer).data?.[0]?.b64_json).toBe(madeFirst(world))
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('for an edit, whose form gets a new boundary, too', async () => {
    await inWorld({}, async (world) => {
      const image = await toFile(await picture(64, 64), 'a.png', { type: 'image/png' })
      world.upstream.before.close()
      const client = sdk(world, [arrived(world, 1)])
      const answer = client.images.edit({ model: 'gpt-image-2', prompt: 'more light', image })
      await world.adopted(1)
      world.upstream.before.open()
      expect((await answer).data?.[0]?.b64_json).toBe(madeFirst(world))
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('for two equal pictures gets both, and no third is paid for', async () => {
    await inWorld({}, async (world) => {
      world.upstream.before.close()
      const client = sdk(world, [arrived(world, 2), arrived(world, 2)])
      const both = [1, 2].map(async () => client.images.generate(PICTURE))
      await world.adopted(2)
      world.upstream.before.open()
      const pictures = (await Promise.all(both)).map(({ data }) => data?.[0]?.b64_json)
      expect(new Set(pictures).size).toBe(2)
      expect(world.upstream.arrivals).toBe(2)
    })
  })
})

describe.concurrent('the openai SDK', () => {
  it.each([
    ['a reset', 502, answersWith(({ socket }) => void socket.resetAndDestroy())],
    ['a 500', 502, says(500, '{"error":{"message":"no"}}')],
    ['a 524', 504, says(524, '<html>')],
    ['a model that is not there', 404, says(503, '{"error":{"message":"no","code":"model_not_found"}}')],
  ])('does not send again after %s', async (_name, status, act) => {
    await inWorld({ act }, async (world) => {
      const answer = sdk(world).images.generate(PICTURE)
      await expect(answer).rejects.toMatchObject({ status })
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('sends again what was refused, and gets it', async () => {
    const refuses = says(429, '{"error":{"message":"slow down","code":"rate_limit_exceeded"}}')
    const act = answersWith((arrival, upstream) => (arrival.number < 3 ? refuses : answers())(arrival, upstream))
    await inWorld({ act, environment: { UPSTREAM_RETRIES: '0' } }, async (world) => {
      const answer = await sdk(world).images.generate(PICTURE)
      expect(answer.data?.[0]?.b64_json).toBe(madeFirst(world))
      expect(world.upstream.arrivals).toBe(3)
    })
  })
})

/** Keeps the type of a way to answer. */
function answersWith(act: ReturnType<typeof answers>): ReturnType<typeof answers> {
  return act
}
