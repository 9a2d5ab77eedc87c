import { afterAll, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { NEW_ORDER } from '../helpers/new-orders.ts'
import { ManualClock } from '../helpers/time/manual-clock.ts'
import { answerJson, gated, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'

const clock = new ManualClock()
const upstream = await scriptedUpstream()
const gateway = await startGateway(upstream.url, { UPSTREAM_RETRIES: '0' }, { clock })
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

describe('the metrics', () => {
  it('tell the age of the oldest generation under way, and 0 after it', async () => {
    const gate = gated(answerJson(imageAnswer()))
    upstream.script = gate.script
    const answer = gateway.post(NEW_ORDER)
    await eventually('it is under way', async () => (await gateway.metric('comet_in_flight')) === 1)
    await clock.advance(90_000)
    expect(await gateway.metric('comet_oldest_generation_seconds')).toBe(90)
    gate.open()
    await (await answer).text()
    await eventually('it has settled', async () => (await gateway.metric('comet_in_flight')) === 0)
    expect(await gateway.metric('comet_oldest_generation_seconds')).toBe(0)
  })

  it('count failures of the upstream by code, from 0', async () => {
    const rejected = 'reason="upstream_rejected_key"'
    expect(await (await gateway.get('/metrics')).text()).toContain(`comet_upstream_failures_total{${rejected}} 0`)
    upstream.script = answerJson({ error: { message: 'Invalid token', type: 'comet_api_error', code: '' } }, 401)
    expect((await gateway.post(NEW_ORDER)).status).toBe(502)
    expect(await gateway.metric('comet_upstream_failures_total', rejected)).toBe(1)
  })

  it('tell the room on the disk', async () => {
    expect(await gateway.metric('comet_disk_spare_bytes')).toBeGreaterThan(0)
    expect(await gateway.metric('comet_unbooked_endings')).toBe(0)
  })
})
