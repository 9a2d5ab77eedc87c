import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf } from '../helpers/answers.ts'
import { eventually } from '../helpers/eventually.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { formEdit, jsonEdit } from './orders.ts'
import { gptAnswer, openTeam } from './world.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Holder, TeamWorld } from './world.ts'

const DEFAULT_PARAMETERS = 'quality=medium,size=1024x1024'
const ORDER = { model: 'gpt-image-2', prompt: 'abcd' }
/** medium at 1024x1024, as held. */
const MEDIUM_MICROS = (4 + 6) * 5 + Math.ceil(1.25 * 1756) * 30

let world: TeamWorld
beforeEach(async () => {
  // It says neither size nor quality, so that those of the order are booked.
  world = await openTeam(answerJson(gptAnswer({ size: undefined, quality: undefined })))
})
afterEach(async () => world.close())

const sent = (): Record<string, unknown> =>
  JSON.parse(world.upstream.received.at(-1)?.body.toString() ?? '') as Record<string, unknown>
const fieldsSent = async (): Promise<[string, unknown][]> => {
  const { body, headers } = world.upstream.received.at(-1) ?? { body: Buffer.alloc(0), headers: {} }
  const type = { 'content-type': String(headers['content-type']) }
  return [...(await new Response(body, { headers: type }).formData()).entries()]
}
const defaulted = (answer: Response): string | null => answer.headers.get('x-gateway-defaulted-parameters')
const startWith = async (defaults: string): Promise<TestGateway> => world.start({ DEFAULT_PARAMETERS: defaults })

describe('what a caller leaves out', () => {
  it('is filled in where the model takes it, named in a header, counted and held', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 500_000, period: 'day' } })
    const gateway = await startWith(DEFAULT_PARAMETERS)
    const answer = await gateway.post(ORDER, alice.headers)
    expect([answer.status, defaulted(answer)]).toEqual([200, 'quality=medium, size=1024x1024'])
    expect(sent()).toEqual({ ...ORDER, quality: 'medium', size: '1024x1024' })
    const [row] = await world.rows()
    expect(row).toMatchObject({ quality: 'medium', size: '1024x1024', heldMicros: MEDIUM_MICROS })
    const labels = 'model="gpt-image-2",param="quality"'
    expect(await gateway.metric('comet_defaulted_parameters_total', labels)).toBe(1)
    expect(
      await gateway.metric('comet_images_total', 'model="gpt-image-2",key="alice",size="1024x1024",quality="medium"'),
    ).toBe(1)
    expect(await gateway.logOf(answer)).toMatchObject({ defaulted: 2, quality: 'medium', size: '1024x1024' })
  })

  it('is what is null, too; what was said stays, digit for digit', async () => {
    const gateway = await startWith('quality=medium,n=2,output_format=jpeg,output_compression=80')
    const body = '{"model":"gpt-image-2","prompt":"a","quality":null,"output_compression":7.0}'
    expect((await gateway.post(body)).status).toBe(200)
    expect(world.upstream.received.at(-1)?.body.toString()).toBe(
      '{"model":"gpt-image-2","prompt":"a","output_compression":7.0,"quality":"medium","n":2,"output_format":"jpeg"}',
    )
  })

  it('is filled in beside the default model, which is named first', async () => {
    const gateway = await startWith('quality=hd')
    expect(defaulted(await gateway.post({ prompt: 'a' }))).toBe('model=dall-e-3, quality=hd')
  })

  it('stays out where all was said, or the model takes none of it: the bytes go on as they came', async () => {
    const gateway = await startWith(DEFAULT_PARAMETERS)
    for (const body of [
      '{ "model": "gpt-image-2", "prompt": "a", "quality": "low", "size": "auto" }',
      '{ "model": "somebody-elses-model", "prompt": "a" }',
    ]) {
      const answer = await gateway.post(body)
      expect([answer.status, defaulted(answer)]).toEqual([200, null])
      expect(world.upstream.received.at(-1)?.body.toString()).toBe(body)
    }
  })

  it('is filled in in a form, for an empty field too', async () => {
    const gateway = await startWith('quality=medium,n=2,output_format=webp')
    const { body, headers } = await formEdit({ quality: '' })
    const answer = await gateway.post(body, headers, '/v1/images/edits')
    expect([answer.status, defaulted(answer)]).toEqual([200, 'quality=medium, n=2, output_format=webp'])
    const fields = await fieldsSent()
    expect(fields.filter(([, value]) => typeof value === 'string')).toEqual([
      ['model', 'gpt-image-2'],
      ['quality', 'medium'],
      ['n', '2'],
      ['output_format', 'webp'],
      ['prompt', 'A paper boat'],
      ['size', '1024x1024'],
    ])
    expect(fields.map(([name]) => name)).toContain('image')
  })

  it('is filled in in an edit of JSON, whose pictures stay as they are', async () => {
    const gateway = await startWith('output_format=webp,n=2')
    const { body, headers } = await jsonEdit()
    expect((await gateway.post(body, headers, '/v1/images/edits')).status).toBe(200)
    const before = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>
    expect(sent()).toEqual({ ...before, output_format: 'webp', n: 2 })
  })

  it('comes from the key first, from the gateway where the model does not take that', async () => {
    const alice = await world.issue({ name: 'alice', defaults: { quality: 'xhigh', output_format: 'webp' } })
    const gateway = await startWith(DEFAULT_PARAMETERS)
    const newer = await gateway.post({ ...ORDER, model: 'gpt-image-2.5-flare' }, alice.headers)
    expect(defaulted(newer)).toBe('quality=xhigh, output_format=webp, size=1024x1024')
    expect(defaulted(await gateway.post(ORDER, alice.headers))).toBe(
      'output_format=webp, quality=medium, size=1024x1024',
    )
    const bob = await world.issue({ name: 'bob' })
    expect(defaulted(await gateway.post(ORDER, bob.headers))).toBe('quality=medium, size=1024x1024')
  })
})

describe('a budget that an order of a prompt alone does not fit', () => {
  it('fits it with defaults, and without them the refusal says what would fit', async () => {
    const settings = { budget: { limitMicros: 500_000, period: 'day' } } as const
    const alice = await world.issue({ name: 'alice', ...settings })
    const bob = await world.issue({ name: 'bob', ...settings, defaults: { quality: 'low', size: '1024x1024' } })
    const gateway = await world.start()
    const refused = await errorOf(await gateway.post(ORDER, alice.headers))
    expect(refused).toMatchObject({ code: 'request_exceeds_limit' })
    expect(refused.message).toMatch(/lower quality: at 1024x1024 and quality low it costs at most \$0\.0074\.$/)
    expect((await gateway.post(ORDER, bob.headers)).status).toBe(200)
    expect(world.upstream.received).toHaveLength(1)
  })

  it('is told what fits the rest of it, and nothing where nothing does', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 900_000, period: 'total' } })
    const gateway = await world.start()
    const { script, open } = gated(answerJson(gptAnswer()))
    world.upstream.script = script
    const first = gateway.post(ORDER, alice.headers)
    await eventually('the first is upstream', () => world.upstream.received.length === 1)
    const other = { ...ORDER, prompt: 'efgh' }
    const { code, message } = await errorOf(await gateway.post(other, alice.headers))
    expect(code).toBe('insufficient_quota')
    expect(message).toContain('; at 1024x1024 and quality low it costs at most $0.0074. It does not reset.')
    const cheapest = { ...other, quality: 'low', size: '1024x1024', n: 4 }
    expect((await errorOf(await gateway.post(cheapest, alice.headers))).message).not.toContain('it costs at most')
    open()
    await first
  })
})

describe('POST /gateway/check', () => {
  it('shows what would be filled in, and the cost with it', async () => {
    const alice = await world.issue({ name: 'alice', defaults: { size: '1024x1024', n: '2' } })
    const gateway = await startWith('quality=medium')
    const answer = await gateway.post(ORDER, alice.headers, '/gateway/check')
    expect(await answer.json()).toEqual({
      valid: true,
      model: 'gpt-image-2',
      highest_cost_usd: ((4 + 6) * 5 + 2 * Math.ceil(1.25 * 1756) * 30) / 1e6,
      dropped_parameters: [],
      defaulted_parameters: ['size', 'n', 'quality'],
      defaults: { size: '1024x1024', n: 2, quality: 'medium' },
    })
  })
})

describe('an order that nobody got', () => {
  /** The first client leaves while its order is under way; then the order is repeated. */
  async function repeated(alice: Holder, between: () => void, headers: Record<string, string> = {}): Promise<Response> {
    const gateway = await world.start()
    const { script, open } = gated(answerJson(gptAnswer()))
    world.upstream.script = script
    const leaving = new AbortController()
    const first = fetch(`${gateway.url}/v1/images/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...alice.headers, ...headers },
      body: JSON.stringify(ORDER),
      signal: leaving.signal,
    }).catch(() => {})
    await eventually('the first is upstream', () => world.upstream.received.length === 1)
    leaving.abort()
    await first
    await eventually('its client has left', async () => (await gateway.metric('comet_orphans')) === 1)
    between()
    open()
    return gateway.post(ORDER, { ...alice.headers, ...headers })
  }

  const withDefaults = async (): Promise<Holder> => world.issue({ name: 'alice', defaults: { quality: 'low' } })
  const change = (): void => void world.store.keys.update('alice', { defaults: { quality: 'high' } }, Date.now())

  it('is adopted while its defaults are the same', async () => {
    const answer = await repeated(await withDefaults(), () => {})
    expect([answer.status, world.upstream.received.length]).toEqual([200, 1])
  })

  it('is another order once its defaults have changed', async () => {
    const answer = await repeated(await withDefaults(), change)
    expect([answer.status, world.upstream.received.length, defaulted(answer)]).toEqual([200, 2, 'quality=high'])
  })

  it('is not bought again under the same Idempotency-Key', async () => {
    const answer = await repeated(await withDefaults(), change, { 'idempotency-key': 'k-1' })
    expect([answer.status, world.upstream.received.length]).toEqual([422, 1])
  })
})
