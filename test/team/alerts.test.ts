import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { statuses } from '../helpers/answers.ts'
import { eventually } from '../helpers/eventually.ts'
import { command } from '../helpers/gateways/command.ts'
import { times } from '../helpers/times.ts'
import { answerJson, scriptedUpstream } from '../helpers/upstream.ts'
import { DALLE_MICROS, dalle, dalleAnswer, openTeam } from './world.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'
import type { TeamWorld } from './world.ts'

let world: TeamWorld
let receiver: ScriptedUpstream

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
  receiver = await scriptedUpstream(answerJson({}, 204))
})
afterEach(async () => {
  await world.close()
  await receiver.close()
})

interface Sent {
  readonly type: string
  readonly data: { readonly message: string; readonly threshold_percent?: number }
}
const sent = (): Sent[] => receiver.received.map(({ body }) => JSON.parse(body.toString()) as Sent)
const thresholds = (): (number | undefined)[] => sent().map(({ data }) => data.threshold_percent)
const alerting = (): Record<string, string> => ({ ALERT_WEBHOOK_URL: `${receiver.url}/hook?token=of-the-receiver` })

describe('alerts', () => {
  it('are sent once in 1,000 crossings at once, through two processes', async () => {
    const budget = { limitMicros: 1000 * DALLE_MICROS, period: 'month' } as const
    const alice = await world.issue({ name: 'alice', budget })
    const [one, other] = await Promise.all([world.spawn(alerting()), world.spawn(alerting())])
    const send = async (index: number): Promise<Response> => (index % 2 === 0 ? one : other).post(dalle, alice.headers)
    expect(await statuses(times(1000, send))).toEqual({ 200: 1000 })
    await world.idle()
    await eventually('the last threshold is told', () => thresholds().includes(100))
    // The order of two processes is not that of their bookings; each threshold is told at most once.
    expect(new Set(thresholds()).size).toBe(thresholds().length)
    expect(thresholds().every((threshold) => [50, 80, 100].includes(threshold ?? 0))).toBe(true)
    const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('are sent by the next process where the receiver did not answer, and keep nobody waiting', async () => {
    receiver.script = () => {} // never
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 2 * DALLE_MICROS, period: 'month' } })
    const gateway = await world.spawn(alerting())
    expect((await gateway.post(dalle, alice.headers)).status).toBe(200)
    await eventually('it is being sent', () => receiver.received.length === 1)
    gateway.signal('SIGKILL')
    await gateway.ended()
    receiver.script = answerJson({}, 204)
    // The lease of the dead process has ended.
    const ended = world.store.alerts.claim(Date.now() + 60_000, 0)
    world.store.alerts.postpone(ended?.id ?? 0, Date.now())
    expect(ended?.messageId).toBe(receiver.received[0]?.headers['webhook-id'])
    const next = await world.start(alerting())
    await eventually('it is delivered', () => receiver.received.length === 2)
    expect(receiver.received[1]?.headers['webhook-id']).toBe(ended?.messageId)
    await eventually(
      'it is counted',
      async () => (await next.metric('comet_alerts_total', 'kind="budget",result="delivered"')) === 1,
    )
    expect(next.lines.join('')).not.toContain('of-the-receiver')
  })

  it('say that the key is rejected, and that the spend limit is near', async () => {
    const gateway = await world.start({ ...alerting(), SPEND_LIMIT: '0.05/day' })
    await gateway.post(dalle)
    await eventually('the limit is told', () => receiver.received.length === 1)
    expect(sent()[0]).toMatchObject({ type: 'alert.spend_limit', data: { threshold_percent: 80 } })
    world.upstream.script = answerJson({ error: { message: 'bad key', type: 'x', code: '' } }, 401)
    const free = await world.start(alerting())
    expect((await free.post(dalle)).status).toBe(502)
    await eventually('the key is told', () => receiver.received.length === 2)
    expect(sent()[1]).toMatchObject({ type: 'alert.upstream_rejected_key' })
  })
})

describe('comet-gateway alerts test', () => {
  const run = async (environment: Record<string, string>) =>
    command(world.directory, ['alerts', 'test'], { environment })

  it('sends one, signed, and says so', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const { code, stdout } = await run({ ...alerting(), ALERT_WEBHOOK_SECRET: secret })
    expect([code, stdout]).toEqual([0, expect.stringContaining('has taken a test alert in the form json')])
    expect(receiver.received[0]?.headers['webhook-signature']).toMatch(/^v1,/)
    expect(sent()).toMatchObject([{ type: 'alert.test' }])
  })

  it('says in words that it was not taken, without the address', async () => {
    receiver.script = answerJson({}, 403)
    const refused = await run({ ...alerting(), ALERT_WEBHOOK_FORM: 'slack' })
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('answers 403')])
    expect(refused.stderr).not.toContain('of-the-receiver')
    expect(await run({ ALERT_WEBHOOK_URL: 'http://127.0.0.1:1/x' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be reached') as unknown,
    })
    expect((await run({})).stderr).toContain('ALERT_WEBHOOK_URL is not set')
  })
})
