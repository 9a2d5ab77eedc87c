import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { newKeySecret } from '../../src/access/keys/key-secret.ts'
import { VirtualKeys } from '../../src/access/keys/virtual-keys.ts'
import { errorOf } from '../helpers/answers.ts'
import { command } from '../helpers/gateways/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { bearer, dalle, dalleAnswer, openTeam } from './world.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Holder, TeamWorld } from './world.ts'

const HOUR = 3_600_000
let world: TeamWorld
let alice: Holder
let gateway: TestGateway
const cli = async (...args: string[]) => command(world.directory, args, { environment: { DATA_DIR: world.directory } })

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
  alice = await world.issue({ name: 'alice' })
  gateway = await world.start({ AUTH_FAILURES_PER_MINUTE: '1000' })
})
afterEach(async () => {
  vi.useRealTimers()
  await world.close()
})

const order = async (secret: string): Promise<Response> => gateway.post(dalle, bearer(secret))

/** Why a key is refused; undefined where it is not. */
async function refusal(secret: string): Promise<string | undefined> {
  const answer = await order(secret)
  if (answer.status === 200) return undefined
  const { code, type, message } = await errorOf(answer)
  expect([answer.status, code, type]).toEqual([401, 'invalid_api_key', 'invalid_request_error'])
  expect(message).not.toContain(secret.slice(6))
  return message
}

describe('a virtual key', () => {
  it('made by the command works at once, and stops at once when it is revoked', async () => {
    const secret = (await cli('keys', 'create', 'bob')).stdout.trim()
    expect(await refusal(secret)).toBeUndefined()
    expect((await cli('keys', 'revoke', 'bob')).code).toBe(0)
    expect(await refusal(secret)).toBe('This API key was revoked.')
    expect(world.upstream.received).toHaveLength(1)
  })

  it('stops at once in a second process, and in one that has found it before', async () => {
    const other = await world.spawn()
    try {
      expect((await other.post(dalle, alice.headers)).status).toBe(200)
      world.store.keys.revoke('alice', Date.now())
      const answer = await other.post(dalle, alice.headers)
      expect([answer.status, (await errorOf(answer)).message]).toEqual([401, 'This API key was revoked.'])
      expect(await refusal(alice.secret)).toBe('This API key was revoked.')
    } finally {
      other.signal('SIGTERM')
      expect(await other.ended()).toBe(0)
    }
  })

  it('can be disabled and enabled', async () => {
    world.store.keys.update('alice', { isDisabled: true }, Date.now())
    expect(await refusal(alice.secret)).toBe('This API key is disabled for now.')
    world.store.keys.update('alice', { isDisabled: false }, Date.now())
    expect(await refusal(alice.secret)).toBeUndefined()
  })

  it('expires to the millisecond, with nothing else happening in between', async () => {
    const now = Date.now()
    world.store.keys.update('alice', { expiresAt: now + HOUR }, now)
    vi.useFakeTimers({ toFake: ['Date'], now: now + HOUR - 1 })
    expect(await refusal(alice.secret)).toBeUndefined()
    vi.setSystemTime(now + HOUR)
    expect(await refusal(alice.secret)).toBe('This API key has expired.')
  })

  it('that was rotated works on for its grace period, beside the new one', async () => {
    const now = Date.now()
    const next = await new VirtualKeys(world.store.keys).rotate('alice', HOUR, now)
    expect([await refusal(alice.secret), await refusal(next.secret)]).toEqual([undefined, undefined])
    vi.useFakeTimers({ toFake: ['Date'], now: now + HOUR })
    expect(await refusal(alice.secret)).toContain('grace period is over')
    expect(await refusal(next.secret)).toBeUndefined()
    await world.idle()
    expect(new Set((await world.rows()).map(({ keyName }) => keyName))).toEqual(new Set(['alice']))
  })

  it('that is mistyped is told from one that is unknown', async () => {
    const { secret } = alice
    const swapped = secret.replace(/(.)(.)$/, (_all, one: string, two: string) => (one === two ? `${one}x` : two + one))
    const typos = [swapped, secret.slice(0, -1), secret.toLowerCase(), `${secret}x`]
    for (const typo of typos) expect(await refusal(typo)).toContain('typing error')
    expect(await refusal(newKeySecret())).toContain('does not know it')
    expect(await refusal('sk-proj-0123456789012345678901234567890123456789')).toContain('not a CometAPI or OpenAI key')
  })

  it.each([
    ['no header at all', {}],
    ['another scheme', { authorization: 'Basic YWxpY2U6c2VjcmV0' }],
    ['an empty bearer', { authorization: 'Bearer ' }],
    ['the header of another vendor', { 'x-api-key': 'SECRET' }],
    ['two keys in one header', { authorization: 'Bearer SECRET, Bearer SECRET' }],
    ['a key in quotes', { authorization: 'Bearer "SECRET"' }],
  ])('is asked for with %s', async (_what, headers) => {
    const filled = Object.entries(headers).map(([name, value]) => [name, value.replaceAll('SECRET', alice.secret)])
    const answer = await gateway.post(dalle, Object.fromEntries(filled) as Record<string, string>)
    expect(answer.status).toBe(401)
    expect(world.upstream.received).toHaveLength(0)
  })

  it('that is revoked while its request is on the way buys nothing', async () => {
    const whole = JSON.stringify(dalle)
    let send = (): void => {}
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(Buffer.from(whole.slice(0, 10)))
        send = () => {
          controller.enqueue(Buffer.from(whole.slice(10)))
          controller.close()
        }
      },
    })
    const headers = { 'content-type': 'application/json', ...alice.headers }
    const url = `${gateway.url}/v1/images/generations`
    const arriving = once(gateway.app.server.server, 'request')
    const answering = fetch(url, { method: 'POST', body, headers, duplex: 'half' })
    await arriving
    await gateway.get('/healthz') // after it
    world.store.keys.revoke('alice', Date.now())
    send()
    const answer = await answering
    expect([answer.status, (await errorOf(answer)).code]).toEqual([401, 'invalid_api_key'])
    expect(world.upstream.received).toHaveLength(0)
    expect(await world.rows()).toHaveLength(0)
  })

  it('goes on being counted against its address when guessed', async () => {
    const strict = await world.start({ AUTH_FAILURES_PER_MINUTE: '3' })
    const guess = async (): Promise<number> => (await strict.post(dalle, bearer(newKeySecret()))).status
    expect([await guess(), await guess(), await guess(), await guess()]).toEqual([401, 401, 401, 429])
    expect((await strict.post(dalle, alice.headers)).status).toBe(429) // a right guess looks like a wrong one
  })

  it('may have so many generations in flight, in all processes together', async () => {
    world.store.keys.update('alice', { maxInFlight: 2 }, Date.now())
    const { script, open } = gated(answerJson(dalleAnswer()))
    world.upstream.script = script
    const second = await world.start()
    const two = [gateway.post(dalle, alice.headers), second.post(dalle, alice.headers)]
    await eventually('both are upstream', () => world.upstream.received.length === 2)
    const answer = await second.post(dalle, alice.headers)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await errorOf(answer)).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests' })
    open()
    await Promise.all(two)
    await world.idle()
    expect((await order(alice.secret)).status).toBe(200)
  })
})
