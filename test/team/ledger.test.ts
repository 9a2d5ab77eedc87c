import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { command } from '../helpers/gateways/command.ts'
import { Gate } from '../helpers/time/gate.ts'
import { times } from '../helpers/times.ts'
import { counting, leave, promptFor, say } from './behaviours.ts'
import { formEdit, jsonEdit } from './orders.ts'
import { DALLE_MICROS, GPT_IMAGE_MICROS, dalle, gptImage, openTeam } from './world.ts'
import type { EndedGeneration } from '../../src/accounting/reports.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Holder, TeamWorld } from './world.ts'

const gate = new Gate()
let world: TeamWorld
let alice: Holder
let gateway: TestGateway

beforeEach(async () => {
  world = await openTeam(counting(() => world, gate))
  alice = await world.issue({ name: 'alice', budget: { limitMicros: 1e9, period: 'month' } })
  gateway = await world.start({ UPSTREAM_RETRIES: '1' })
})
afterEach(async () => world.close())

const order = async (body: object, headers: Record<string, string> = {}): Promise<number> => {
  const answer = await gateway.post(body, { ...alice.headers, ...headers })
  await answer.arrayBuffer().catch(() => {})
  return answer.status
}

const sum = (rows: readonly EndedGeneration[]): number => rows.reduce((all, { costMicros = 0 }) => all + costMicros, 0)

describe('after a mixed load', () => {
  it('the rows add up to what the upstream saw, to the metrics and to the budget', async () => {
    const form = await formEdit({ prompt: promptFor('fine-gpt') })
    const json = await jsonEdit()
    const post = async ({ body, headers }: typeof form): Promise<number> =>
      (await gateway.post(body, { ...headers, ...alice.headers }, '/v1/images/edits')).status
    const stream = { ...gptImage, stream: true, partial_images: 2 }
    const sent = [
      ...times(10, async () => order(say('fine-dalle'))),
      ...times(10, async () => order(say('fine-gpt', gptImage))),
      ...times(3, async () => order(say('no-usage', gptImage))),
      ...times(3, async () => order(say('moderated'))),
      ...times(3, async () => order(say('overloaded'))),
      ...times(3, async () => order(say('broken'))),
      ...times(3, async () => order(say('reset'))),
      ...times(5, async () => order(say('stream', stream))),
      ...times(2, async () => order(say('cut-stream', stream))),
      ...times(3, async () => post(form)),
      ...times(3, async () => post(json)),
      ...times(4, async () => order({ ...dalle, size: '7x7' })),
      ...times(2, async () => order({ ...dalle, model: 'GPT-IMAGE-2' })),
    ]
    await Promise.all(sent)
    gate.close()
    for (const user of ['one', 'two', 'three'])
      await leave(gateway, say('gated', { ...dalle, user }), alice.headers, world)
    gate.open()

    const rows = await world.rows()
    expect(rows).toHaveLength(51)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(51)
    // 3 were sent twice, since nothing can have been done the first time.
    expect(world.upstream.received).toHaveLength(51 + 3)
    const named = rows.flatMap(({ upstreamRequestId: id }) => id ?? [])
    expect(new Set(named).size).toBe(named.length)
    const outcomes = Object.groupBy(rows, ({ outcome }) => outcome)
    expect(outcomes.failed?.map(({ errorCode }) => errorCode).toSorted()).toEqual([
      ...times(3, () => 'moderation_blocked'),
      ...times(3, () => 'upstream_overloaded'),
    ])
    expect(sum(outcomes.failed ?? [])).toBe(0)
    expect(outcomes.ambiguous).toHaveLength(8)
    expect(
      outcomes.ambiguous?.every(({ isEstimated, heldMicros, costMicros }) => isEstimated && costMicros === heldMicros),
    ).toBe(true)
    expect(outcomes.completed).toHaveLength(37)
    expect(rows.filter(({ costMicros }) => costMicros === GPT_IMAGE_MICROS)).toHaveLength(16)
    expect(rows.filter(({ isEstimated, outcome }) => isEstimated && outcome === 'completed')).toHaveLength(3)
    expect(world.accountOf(alice)).toMatchObject({ budget: { spentMicros: sum(rows), heldMicros: 0 }, inFlight: 0 })
    const metrics = await (await gateway.get('/metrics')).text()
    const costs = [...metrics.matchAll(/^comet_cost_usd_total\{.*key="alice".*\} (\S+)$/gm)].map(([, usd]) =>
      Number(usd),
    )
    expect(Math.round(costs.reduce((all, usd) => all + usd, 0) * 1e6)).toBe(sum(rows))
    for (const { heldAt, endedAt, upstreamMs = -1, durationMs = -1 } of rows) {
      expect(endedAt).toBeGreaterThanOrEqual(heldAt)
      expect(upstreamMs).toBeGreaterThanOrEqual(0)
      expect(durationMs).toBeGreaterThanOrEqual(upstreamMs - 1)
      expect(Math.abs(durationMs - (endedAt - heldAt))).toBeLessThan(60_000) // in milliseconds, too
    }
  })

  it('the command shows the same', async () => {
    await Promise.all([
      ...times(4, async () => order(say('fine-dalle'))),
      order(say('broken')),
      order(say('moderated')),
    ])
    await world.idle()
    const run = async (...args: string[]): Promise<unknown> => {
      const environment = { DATA_DIR: world.directory }
      return JSON.parse((await command(world.directory, [...args, '--json'], { environment })).stdout)
    }
    expect(await run('usage', '--by', 'key')).toMatchObject([
      { key: 'alice', generations: 6, failed: 2, cost_usd: (5 * DALLE_MICROS) / 1e6 },
    ])
    const listed = (await run('generations')) as { outcome: string }[]
    expect(listed.map(({ outcome }) => outcome).toSorted()).toEqual(
      (await world.rows()).map(({ outcome }) => outcome).toSorted(),
    )
    expect(await run('generations', '--failed')).toHaveLength(2)
  })
})
