import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { dalleAnswer, openTeam } from '../team/world.ts'
import { failure, SDKS } from './sdks.ts'
import type OpenAI from 'openai'
import type { GatewayProcess } from '../helpers/gateways/gateway-process.ts'
import type { TeamWorld } from '../team/world.ts'

const order = { model: 'dall-e-3', prompt: 'A paper boat', size: '1024x1024' } as const
/** The SDK's own option `idempotencyKey` sends nothing. */
const KEY = { headers: { 'Idempotency-Key': 'order-4711' } }
let world: TeamWorld
let one: GatewayProcess
let other: GatewayProcess

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
  const gateways = await Promise.all([world.spawn(), world.spawn()])
  ;[one, other] = gateways
})
afterEach(async () => world.close())

describe.each(SDKS)('openai $version with an Idempotency-Key and two processes', ({ OpenAI: Client }) => {
  const through = ({ url }: GatewayProcess): OpenAI =>
    new Client({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 })

  it('raises a ConflictError where the order is under way elsewhere, and gets the picture where it was bought', async () => {
    const { script, open } = gated(answerJson(dalleAnswer()))
    world.upstream.script = script
    const first = through(one).images.generate(order, KEY)
    const same = first.then(({ data }) => data)
    await eventually('it is upstream', () => world.upstream.received.length === 1)
    const elsewhere = await failure(through(other).images.generate(order, KEY))
    expect(elsewhere).toBeInstanceOf(Client.ConflictError)
    expect(elsewhere).toMatchObject({ status: 409, code: 'idempotency_in_progress' })
    const different = await failure(through(other).images.generate({ ...order, prompt: 'A paper hat' }, KEY))
    expect(different).toBeInstanceOf(Client.UnprocessableEntityError)
    expect(different).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
    open()
    const bought = await same
    expect((await through(one).images.generate(order, KEY)).data).toEqual(bought)
    expect(world.upstream.received).toHaveLength(1)
  })

  it('tries no more after a 409 that says the answer was not kept, and buys nothing', async () => {
    await through(one).images.generate(order, KEY)
    await world.idle()
    one.signal('SIGKILL')
    await one.ended()
    const refused = (): number => other.logged('request').filter(({ status }) => status === 409).length
    const late = await failure(new Client({ baseURL: `${other.url}/v1`, apiKey: 'any' }).images.generate(order, KEY))
    expect(late).toMatchObject({ status: 409, code: 'answer_not_kept' })
    await eventually('the first refusal is logged', () => refused() > 0)
    expect(refused()).toBe(1)
    expect(world.upstream.received).toHaveLength(1)
  })
})
