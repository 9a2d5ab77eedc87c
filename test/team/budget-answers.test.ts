import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { errorOf } from '../helpers/answers.ts'
import { eventually } from '../helpers/eventually.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { DALLE_MICROS, dalle, dalleAnswer, gptImage, openTeam } from './world.ts'
import type { TeamWorld } from './world.ts'

let world: TeamWorld

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
})
afterEach(async () => {
  vi.useRealTimers()
  await world.close()
})

const overloaded = answerJson({ error: { message: 'no capacity', type: 'server_error', code: '' } }, 503)
const broken = answerJson({ error: { message: 'boom', type: 'server_error', code: '' } }, 500)

describe('a request that the budget does not cover', () => {
  it('is told what is left, what is held, what it can cost and when it resets, and not to come again', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 23, 12) })
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 70_000, period: 'day' } })
    const gateway = await world.start()
    const { script, open } = gated(answerJson(dalleAnswer()))
    world.upstream.script = script
    const first = gateway.post(dalle, alice.headers)
    await eventually('the first is upstream', () => world.upstream.received.length === 1)
    const answer = await gateway.post(dalle, alice.headers)
    expect(answer.status).toBe(429)
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(answer.headers.get('retry-after')).toBeNull()
    expect(await errorOf(answer)).toEqual({
      message:
        "The budget of the key 'alice' is $0.07 per day; $0.03 is left ($0.04 is held for generations under way), " +
        `and this request can cost up to $0.04. It resets at 2026-11-24T00:00Z.`,
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    })
    open()
    await first
    expect(await gateway.logOf(answer)).toMatchObject({ code: 'insufficient_quota', key: 'alice', outcome: 'rejected' })
    expect(await gateway.metric('comet_rejections_total', 'reason="insufficient_quota"')).toBe(1)
    expect(await world.rows()).toHaveLength(1)
  })

  it('is a 400 where the whole budget is too small, whatever is left of it', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: DALLE_MICROS - 1, period: 'month' } })
    const gateway = await world.start()
    const answer = await gateway.post(dalle, alice.headers)
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([400, 'false'])
    const { code, message } = await errorOf(answer)
    expect(code).toBe('request_exceeds_limit')
    expect(message).toContain('$0.04, and the budget of the key')
    expect(world.upstream.received).toHaveLength(0)
  })

  it('is refused before its upload goes anywhere, and after parameters were checked', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 0, period: 'total' } })
    const gateway = await world.start()
    const answer = await gateway.post({ ...gptImage, size: '7x7' }, alice.headers)
    expect((await errorOf(answer)).code).toBe('invalid_value')
    expect(await world.rows()).toHaveLength(0)
  })
})

describe('what is left of a budget', () => {
  it('stands in x-gateway-budget-remaining-usd and in the metric, this request deducted', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 100_000, period: 'total' } })
    const gateway = await world.start()
    const left = async (): Promise<string | null> => {
      const answer = await gateway.post(dalle, alice.headers)
      await answer.arrayBuffer()
      await world.idle()
      return answer.headers.get('x-gateway-budget-remaining-usd')
    }
    expect(await left()).toBe('0.06')
    expect(await left()).toBe('0.02')
    expect(await gateway.metric('comet_budget_remaining_usd', 'key="alice"')).toBe(0.02)
  })

  it('is not said to a key without one', async () => {
    const bob = await world.issue({ name: 'bob' })
    const gateway = await world.start()
    const answer = await gateway.post(dalle, bob.headers)
    expect([answer.status, answer.headers.get('x-gateway-budget-remaining-usd')]).toEqual([200, null])
  })

  it('is all of it again when the upstream refuses', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: DALLE_MICROS, period: 'total' } })
    const gateway = await world.start({ UPSTREAM_RETRIES: '0' })
    world.upstream.script = overloaded
    for (let tries = 0; tries < 5; tries++) expect((await gateway.post(dalle, alice.headers)).status).toBe(503)
    await world.idle()
    expect(world.accountOf(alice).budget).toMatchObject({ spentMicros: 0, heldMicros: 0 })
    world.upstream.script = answerJson(dalleAnswer())
    expect((await gateway.post(dalle, alice.headers)).status).toBe(200)
  })

  it('is less by the hold where nobody can say whether the image was made', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 2 * DALLE_MICROS, period: 'total' } })
    const gateway = await world.start()
    world.upstream.script = broken
    expect((await gateway.post(dalle, alice.headers)).status).toBe(502)
    world.upstream.script = (response) => void response.destroy()
    expect((await gateway.post({ ...dalle, prompt: 'another' }, alice.headers)).status).toBe(502)
    expect((await gateway.post({ ...dalle, prompt: 'a third' }, alice.headers)).status).toBe(429)
    await world.idle()
    const row = { outcome: 'ambiguous', costMicros: DALLE_MICROS, isEstimated: true, errorCode: 'upstream_failed' }
    expect(await world.rows()).toMatchObject([row, row])
  })

  it('is whole again when the next period begins; what is under way then belongs to the one before', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: DALLE_MICROS, period: 'day' } })
    const gateway = await world.start()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 23, 23, 59, 59) })
    const { script, open } = gated(answerJson(dalleAnswer()))
    world.upstream.script = script
    const late = gateway.post(dalle, alice.headers)
    await eventually('it is upstream', () => world.upstream.received.length === 1)
    expect((await gateway.post(dalle, alice.headers)).status).toBe(429)
    vi.setSystemTime(Date.UTC(2026, 10, 24, 0, 0, 1))
    const early = gateway.post(dalle, alice.headers)
    await eventually('the next day has money of its own', () => world.upstream.received.length === 2)
    open()
    expect([(await late).status, (await early).status]).toEqual([200, 200])
    await world.idle()
    expect((await gateway.post(dalle, alice.headers)).status).toBe(429)
    expect(world.accountOf(alice).budget).toMatchObject({ spentMicros: DALLE_MICROS, heldMicros: 0 })
    vi.setSystemTime(Date.UTC(2026, 10, 23, 23, 59, 59))
    expect(world.accountOf(alice).budget.spentMicros).toBe(2 * DALLE_MICROS) // days that are still to come count
  })

  it('follows a change of the budget with the next request', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: DALLE_MICROS, period: 'month' } })
    const gateway = await world.start()
    const order = async (): Promise<number> => (await gateway.post(dalle, alice.headers)).status
    expect([await order(), await order()]).toEqual([200, 429])
    world.store.keys.update('alice', { budget: { limitMicros: 2 * DALLE_MICROS, period: 'total' } }, Date.now())
    expect([await order(), await order()]).toEqual([200, 429])
    world.store.keys.update('alice', { budget: undefined }, Date.now())
    expect([await order(), await order()]).toEqual([200, 200])
  })
})

describe('a model whose price is not known', () => {
  const unknown = { model: 'brand-new-model', prompt: 'A paper boat' }

  it('is refused to a key with a budget, and not to one without', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 1e9, period: 'month' } })
    const bob = await world.issue({ name: 'bob' })
    const gateway = await world.start()
    const answer = await gateway.post(unknown, alice.headers)
    expect(answer.status).toBe(403)
    expect(await errorOf(answer)).toMatchObject({ code: 'model_not_priced', param: 'model' })
    expect(world.upstream.received).toHaveLength(0)
    expect((await gateway.post(unknown, bob.headers)).status).toBe(200)
    await world.idle()
    expect(await world.rows()).toMatchObject([
      { model: 'brand-new-model', outcome: 'completed', costMicros: undefined },
    ])
  })

  it('passes with UNPRICED_MODELS=allow, and costs the budget nothing', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 1, period: 'month' } })
    const gateway = await world.start({ UNPRICED_MODELS: 'allow' })
    expect((await gateway.post(unknown, alice.headers)).status).toBe(200)
    await world.idle()
    expect(world.accountOf(alice)).toMatchObject({ budget: { spentMicros: 0, heldMicros: 0 }, inFlight: 0 })
  })

  it('is held like any other once MODELS_FILE gives it a price', async () => {
    const file = join(world.directory, 'models.json')
    writeFileSync(
      file,
      JSON.stringify({ models: { 'brand-new-model': { like: 'dall-e-3', price: { usd_per_image: 2 } } } }),
    )
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 3e6, period: 'month' } })
    const gateway = await world.start({ MODELS_FILE: file, PRICE_MULTIPLIER: '1.5' })
    expect((await gateway.post(unknown, alice.headers)).status).toBe(200)
    expect((await gateway.post(unknown, alice.headers)).status).toBe(429)
  })
})
