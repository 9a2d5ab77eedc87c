import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf } from '../helpers/answers.ts'
import { answerJson } from '../helpers/upstream.ts'
import { DALLE_MICROS, dalle, dalleAnswer, gptImage, openTeam } from './world.ts'
import type { TeamWorld } from './world.ts'

let world: TeamWorld

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
})
afterEach(async () => {
  await world.close()
})

describe('a key with a highest cost of one request', () => {
  it('buys what costs exactly that, as often as it likes', async () => {
    const alice = await world.issue({ name: 'alice', maxCostMicros: DALLE_MICROS })
    const gateway = await world.start()
    for (let i = 0; i < 2; i++) expect((await gateway.post(dalle, alice.headers)).status).toBe(200)
  })

  it('is refused a dearer one, with what would fit, before anything is counted, held or sent', async () => {
    const alice = await world.issue({ name: 'alice', maxCostMicros: 100_000, requestsPerMinute: 2 })
    const gateway = await world.start()
    const answer = await gateway.post({ ...gptImage, quality: 'high' }, alice.headers)
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([400, 'false'])
    expect(answer.headers.get('x-ratelimit-remaining-requests')).toBeNull()
    const { code, message } = await errorOf(answer)
    expect(code).toBe('request_exceeds_limit')
    expect(message).toMatch(
      /^This request can cost up to \$0\.\d+, and the key 'alice' may spend at most \$0\.10 on one\. Ask for fewer images, a smaller size or a lower quality: at .*quality low it costs at most \$0\.0\d+\.$/,
    )
    expect(world.upstream.received).toHaveLength(0)
    expect(await world.rows()).toEqual([])
    const check = await gateway.post({ ...gptImage, quality: 'high' }, alice.headers, '/gateway/check')
    expect(await check.json()).toMatchObject({ valid: false, error: { code: 'request_exceeds_limit', message } })
  })

  it('counts images: two may be too dear where one is not', async () => {
    const alice = await world.issue({ name: 'alice', maxCostMicros: 100_000 })
    const gateway = await world.start()
    expect((await gateway.post({ ...gptImage, quality: 'medium' }, alice.headers)).status).toBe(200)
    expect((await gateway.post({ ...gptImage, quality: 'medium', n: 2 }, alice.headers)).status).toBe(400)
  })

  it('is refused a model without a price, which may cost anything', async () => {
    const alice = await world.issue({ name: 'alice', maxCostMicros: 1e9 })
    const unknown = { model: 'brand-new-model', prompt: 'A paper boat' }
    const gateway = await world.start()
    const answer = await gateway.post(unknown, alice.headers)
    expect(answer.status).toBe(403)
    expect(await errorOf(answer)).toMatchObject({ code: 'model_not_priced', param: 'model' })
    const lenient = await world.start({ UNPRICED_MODELS: 'allow' })
    expect((await lenient.post(unknown, alice.headers)).status).toBe(200)
  })

  it('is given an answer that was paid for before its limit was lowered', async () => {
    const alice = await world.issue({ name: 'alice' })
    const gateway = await world.start()
    const headers = { ...alice.headers, 'idempotency-key': 'one' }
    expect((await gateway.post(dalle, headers)).status).toBe(200)
    world.store.keys.update('alice', { maxCostMicros: 1 }, Date.now())
    const again = await gateway.post(dalle, headers)
    expect([again.status, again.headers.has('x-gateway-adopted')]).toEqual([200, true])
    expect((await gateway.post(dalle, alice.headers)).status).toBe(400)
    expect(world.upstream.received).toHaveLength(1)
  })
})
