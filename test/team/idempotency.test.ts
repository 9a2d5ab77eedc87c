import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf } from '../helpers/answers.ts'
import { eventually } from '../helpers/eventually.ts'
import { times } from '../helpers/times.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { DALLE_MICROS, dalle, dalleAnswer, openTeam } from './world.ts'
import type { GatewayClient } from '../helpers/gateways/gateway-client.ts'
import type { GatewayProcess } from '../helpers/gateways/gateway-process.ts'
import type { TeamWorld } from './world.ts'

const FREE = answerJson({ error: { message: 'no', type: '', code: 'moderation_blocked' } }, 400)
const KEY = { 'idempotency-key': 'order-4711' }
const HONEST: ReadonlySet<string> = new Set(['409 idempotency_in_progress', '409 answer_not_kept'])
let world: TeamWorld
let one: GatewayProcess
let other: GatewayProcess

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
  const gateways = await Promise.all([world.spawn(), world.spawn()])
  ;[one, other] = gateways
})
afterEach(async () => world.close())

/** The status, and the code of an error. */
async function outcomeOf(gateway: GatewayClient, order: object = dalle, headers = KEY): Promise<string> {
  const answer = await gateway.post(order, headers)
  if (answer.status >= 400) return `${answer.status} ${(await errorOf(answer)).code}`
  await answer.arrayBuffer()
  return String(answer.status)
}

describe('an Idempotency-Key in two processes on one database', () => {
  it('buys once: the other process says that it is under way, then that its answer is not kept there', async () => {
    const { script, open } = gated(answerJson(dalleAnswer()))
    world.upstream.script = script
    const first = one.post(dalle, KEY)
    await eventually('it is upstream', () => world.upstream.received.length === 1)
    expect(await outcomeOf(other)).toBe('409 idempotency_in_progress')
    expect(await outcomeOf(other, { ...dalle, prompt: 'Another boat' })).toBe('422 idempotency_key_reused')
    open()
    const bytes = await (await first).text()
    await world.idle()
    expect(await outcomeOf(other)).toBe('409 answer_not_kept')
    const again = await one.post(dalle, KEY)
    expect([again.status, await again.text()]).toEqual([200, bytes])
    expect(world.upstream.received).toHaveLength(1)
    expect(await world.rows()).toMatchObject([{ outcome: 'completed', costMicros: DALLE_MICROS }])
  })

  it('is free for the other process when the first one bought nothing', async () => {
    world.upstream.script = FREE
    expect(await outcomeOf(one)).toBe('400 moderation_blocked')
    await world.idle()
    world.upstream.script = answerJson(dalleAnswer())
    expect(await outcomeOf(other)).toBe('200')
    await world.idle()
    expect(await outcomeOf(one)).toBe('409 answer_not_kept')
    expect(world.upstream.received).toHaveLength(2)
  })

  it("is another caller's own", async () => {
    const [alice, bob] = [await world.issue({ name: 'alice' }), await world.issue({ name: 'bob' })]
    expect(await outcomeOf(one, dalle, { ...KEY, ...alice.headers })).toBe('200')
    expect(await outcomeOf(other, { ...dalle, prompt: 'Another' }, { ...KEY, ...bob.headers })).toBe('200')
    await world.idle()
    expect(await outcomeOf(other, dalle, { ...KEY, ...alice.headers })).toBe('409 answer_not_kept')
  })

  it('is bought once also where both get 200 keys at the same time, twice each', async () => {
    const keys = times(200, (index) => ({ 'idempotency-key': `race-${index}` }))
    const all = keys.flatMap((key) => [one, other, one, other].map(async (gateway) => outcomeOf(gateway, dalle, key)))
    const outcomes = await Promise.all(all)
    await world.idle()
    expect(world.upstream.received).toHaveLength(200)
    expect(world.rowsNow()).toHaveLength(200)
    const refusals = outcomes.filter((outcome) => outcome !== '200')
    // The buyer's two requests both have the picture; the other process does not have the answer.
    expect(outcomes.length - refusals.length).toBe(400)
    expect(refusals.filter((refusal) => !HONEST.has(refusal))).toEqual([])
  })
})

describe('SIGKILL in the middle of a generation', () => {
  it('buys nothing more when the order comes again with its key: a restarted process says so', async () => {
    const { script, open } = gated(answerJson(dalleAnswer()))
    world.upstream.script = script
    const first = one.post(dalle, KEY).catch(() => 'gone')
    await eventually('it is upstream', () => world.upstream.received.length === 1)
    one.signal('SIGKILL')
    other.signal('SIGKILL')
    await Promise.all([one.ended(), other.ended(), first])
    open()
    const restarted = await world.spawn()
    expect(await outcomeOf(restarted)).toBe('409 answer_not_kept')
    expect(await outcomeOf(restarted, { ...dalle, prompt: 'Another' })).toBe('422 idempotency_key_reused')
    expect(await outcomeOf(restarted, dalle, { 'idempotency-key': 'order-4712' })).toBe('200')
    expect(world.upstream.received).toHaveLength(2)
    expect((await world.rows()).map(({ outcome }) => outcome)).toEqual(['completed', 'abandoned'])
  })
})
