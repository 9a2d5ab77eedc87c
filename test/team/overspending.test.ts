import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf, statuses } from '../helpers/answers.ts'
import { eventually } from '../helpers/eventually.ts'
import { times } from '../helpers/times.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { formEdit, jsonEdit, streamed } from './orders.ts'
import { DALLE_MICROS, dalle, dalleAnswer, gptAnswer, gptImage, openTeam } from './world.ts'
import type { GatewayClient } from '../helpers/gateways/gateway-client.ts'
import type { TeamWorld } from './world.ts'

let world: TeamWorld

beforeEach(async () => {
  world = await openTeam()
})
afterEach(async () => {
  await world.close()
})

/** Pays for 20 and not for 21. */
const forTwenty = (micros: number) => ({ limitMicros: 21 * micros - 1, period: 'month' }) as const

/** Waits until so many were answered, while the others are still under way. */
async function refusals(answers: readonly Promise<Response>[], count: number): Promise<void> {
  let refused = 0
  for (const answer of answers) void answer.then(({ status }) => (refused += status === 429 ? 1 : 0))
  await eventually(`${count} are refused`, () => refused === count)
}

describe('500 requests at once against a budget that pays for 20', () => {
  it('are 20 upstream, through one gateway', async () => {
    world.upstream.script = answerJson(dalleAnswer())
    const alice = await world.issue({ name: 'alice', budget: forTwenty(DALLE_MICROS) })
    const gateway = await world.start()
    const counts = await statuses(times(500, async () => gateway.post(dalle, alice.headers)))
    expect(counts).toEqual({ 200: 20, 429: 480 })
    expect(world.upstream.received).toHaveLength(20)
    await world.idle()
    expect(world.accountOf(alice)).toMatchObject({ budget: { spentMicros: 20 * DALLE_MICROS, heldMicros: 0 } })
    expect(await world.rows()).toHaveLength(20)
  })

  it('are 20 upstream, through two processes on one file', async () => {
    world.upstream.script = answerJson(dalleAnswer())
    const alice = await world.issue({ name: 'alice', budget: forTwenty(DALLE_MICROS) })
    const [one, other] = await Promise.all([world.spawn(), world.spawn()])
    const send = async (index: number): Promise<Response> => (index % 2 === 0 ? one : other).post(dalle, alice.headers)
    const counts = await statuses(times(500, send))
    expect(counts).toEqual({ 200: 20, 429: 480 })
    expect(world.upstream.received).toHaveLength(20)
    await world.idle()
    expect(world.accountOf(alice)).toMatchObject({ budget: { spentMicros: 20 * DALLE_MICROS, heldMicros: 0 } })
  })
})

describe('500 requests at once over ten keys against a spend limit for 20', () => {
  const spendLimit = { SPEND_LIMIT: `${((21 * DALLE_MICROS - 1) / 1e6).toFixed(6)}/month` }

  it.each<[what: string, start: () => Promise<GatewayClient[]>]>([
    ['one gateway', async () => [await world.start(spendLimit)]],
    ['two processes on one file', async () => Promise.all([world.spawn(spendLimit), world.spawn(spendLimit)])],
  ])('are 20 upstream, through %s', async (_what, start) => {
    world.upstream.script = answerJson(dalleAnswer())
    const keys = await Promise.all(times(10, async (index) => world.issue({ name: `key-${index}` })))
    const gateways = await start()
    const post = async (index: number): Promise<Response> => {
      const [gateway, key] = [gateways[index % gateways.length], keys[index % keys.length]]
      if (gateway === undefined || key === undefined) throw new Error('there is no gateway or no key')
      return gateway.post(dalle, key.headers)
    }
    const counts = await statuses(times(500, post))
    expect(counts).toEqual({ 200: 20, 429: 480 })
    expect(world.upstream.received).toHaveLength(20)
    const { code, message } = await errorOf(await post(0))
    expect([code, message]).toEqual([
      'insufficient_quota',
      expect.stringMatching(/^The spend limit of this gateway is /),
    ])
    await world.idle()
    expect(await gateways[0]?.metric('comet_spend_limit_used_usd')).toBeCloseTo((20 * DALLE_MICROS) / 1e6, 6)
  })
})

describe('what is held is the most that a request can cost', () => {
  it.each([
    ['one image', gptImage],
    ['several images', { ...gptImage, n: 3 }],
    ['size and quality left to the model', { model: 'gpt-image-2', prompt: 'A paper boat', quality: 'auto' }],
    ['a prompt of many bytes', { ...gptImage, prompt: '船'.repeat(3000) }],
    ['a stream', { ...gptImage, stream: true }],
    ['a stream with partial images', { ...gptImage, stream: true, partial_images: 3, n: 2 }],
  ])('%s: 60 at once, 20 upstream', async (_what, order) => {
    const admin = await world.issue({ name: 'admin-check' })
    const gateway = await world.start()
    const checked = await gateway.post(order, admin.headers, '/gateway/check')
    const { highest_cost_usd: highest } = (await checked.json()) as { highest_cost_usd: number }
    const { script, open } = gated('stream' in order ? streamed() : answerJson(gptAnswer()))
    world.upstream.script = script
    const alice = await world.issue({ name: 'alice', budget: forTwenty(Math.round(highest * 1e6)) })
    const answers = times(60, async () => gateway.post(order, alice.headers))
    await eventually('20 are upstream', () => world.upstream.received.length === 20)
    await refusals(answers, 40)
    expect(world.accountOf(alice).budget.heldMicros).toBe(Math.round(highest * 1e6) * 20)
    open()
    expect(await statuses(answers)).toEqual({ 200: 20, 429: 40 })
    expect(world.upstream.received).toHaveLength(20)
    await world.idle()
    const spent = (await world.rows()).reduce((sum, { costMicros = 0 }) => sum + costMicros, 0)
    expect(world.accountOf(alice).budget).toMatchObject({ heldMicros: 0, spentMicros: spent })
    expect(spent).toBeGreaterThan(0)
  })

  it('an edit, as a form and as JSON: 20 upstream', async () => {
    const { script, open } = gated(answerJson(gptAnswer()))
    world.upstream.script = script
    const admin = await world.issue({ name: 'admin-check' })
    const gateway = await world.start()
    const form = await formEdit()
    const checked = await gateway.post(form.body, { ...form.headers, ...admin.headers }, '/gateway/check/edits')
    const { highest_cost_usd: highest } = (await checked.json()) as { highest_cost_usd: number }
    const alice = await world.issue({ name: 'alice', budget: forTwenty(Math.round(highest * 1e6)) })
    const json = await jsonEdit()
    const answers = times(60, async (index) => {
      const { body, headers } = index % 2 === 0 ? form : json
      return gateway.post(body, { ...headers, ...alice.headers }, '/v1/images/edits')
    })
    await eventually('20 are upstream', () => world.upstream.received.length === 20)
    await refusals(answers, 40)
    open()
    expect(await statuses(answers)).toEqual({ 200: 20, 429: 40 })
    expect(world.upstream.received).toHaveLength(20)
  })

  it('is given back in part when the real cost is known, and can be spent', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 60_000, period: 'total' } })
    const gateway = await world.start()
    let bought = 0
    while ((await gateway.post(gptImage, alice.headers)).status === 200) bought++
    await world.idle()
    const { spentMicros, heldMicros, limitMicros = 0 } = world.accountOf(alice).budget
    expect(spentMicros).toBe((await world.rows()).reduce((sum, { costMicros = 0 }) => sum + costMicros, 0))
    expect(heldMicros).toBe(0)
    expect(spentMicros).toBeLessThanOrEqual(limitMicros)
    expect(world.upstream.received).toHaveLength(bought)
    expect(bought).toBeGreaterThan(5)
  })
})
