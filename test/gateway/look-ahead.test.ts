import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf } from '../helpers/answers.ts'
import { picture } from '../helpers/images.ts'
import { eventually } from '../helpers/eventually.ts'
import { turns } from '../helpers/time/turns.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { bearer, dalle, DALLE_MICROS, dalleAnswer, openTeam } from '../team/world.ts'
import { edit, head, text, WireClient } from './uploads/wire-client.ts'
import type { Socket } from 'node:net'
import type { ErrorBody } from '../../src/errors/gateway-error.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { TeamWorld } from '../team/world.ts'

const MEGABYTE = 1_000_000
const PATHS = { json: '/v1/images/generations', form: '/v1/images/edits' } as const

let world: TeamWorld
let gateway: TestGateway

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
})
afterEach(async () => world.close())

interface Refusal {
  readonly status: number
  readonly code: string | null
  readonly retryAfter: string | undefined
}

/** The answer to a request of which only the head is sent. */
async function refusalOfHead(
  secret: string,
  path: string = PATHS.form,
  headers: Record<string, string | number> = { 'content-length': 5 * MEGABYTE },
): Promise<Refusal> {
  const client = await WireClient.to(gateway.url)
  const type = path === PATHS.json ? { 'content-type': 'application/json' } : {}
  await client.write(head(path, { ...bearer(secret), ...type, ...headers }))
  const answer = await client.answer()
  client.socket.destroy()
  const { error } = JSON.parse(answer.body.toString()) as ErrorBody
  return { status: answer.status, code: error.code, retryAfter: answer.headers.get('retry-after') }
}

/** An upload that has begun and does not go on. */
async function unfinished(secret: string, bytes: number, length = bytes + 1): Promise<WireClient> {
  const start = text('prompt', 'a')
  const image = Buffer.from('--limit\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n')
  const { length: headBytes } = Buffer.concat([start, image])
  const connection = once(gateway.app.server.server, 'connection')
  const client = await WireClient.to(gateway.url)
  const [socket] = (await connection) as [Socket]
  await client.write(head(PATHS.form, { ...bearer(secret), 'content-length': length }))
  await client.write(Buffer.concat([start, image, await squareFirst(bytes - headBytes)]))
  await eventually('it has come', () => socket.bytesRead >= bytes)
  await turns()
  return client
}

async function leave(client: WireClient): Promise<void> {
  client.socket.destroy()
  await client.closed
}

async function squareFirst(bytes: number): Promise<Buffer> {
  return Buffer.concat([await picture(64, 64), Buffer.alloc(bytes)]).subarray(0, bytes)
}

const EITHER = [
  ['an upload', PATHS.form, { 'content-length': 5 * MEGABYTE }],
  ['an upload in chunks', PATHS.form, { 'transfer-encoding': 'chunked' }],
  ['JSON', PATHS.json, { 'content-length': 5 * MEGABYTE }],
  ['JSON whose client waits to be asked for it', PATHS.json, { 'content-length': 50, expect: '100-continue' }],
] as const

describe('before the body is read', () => {
  it.each(EITHER)('%s over the limit of requests per minute is refused', async (_what, path, headers) => {
    gateway = await world.start()
    const key = await world.issue({ name: 'slow', requestsPerMinute: 1 })
    expect((await gateway.post(dalle, key.headers)).status).toBe(200)
    const refusal = await refusalOfHead(key.secret, path, headers)
    expect(refusal).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    expect(Number(refusal.retryAfter)).toBeGreaterThan(0)
    expect(world.upstream.received).toHaveLength(1)
  })

  it('so is one over RATE_LIMIT_RPM, and one over the images per minute', async () => {
    gateway = await world.start({ RATE_LIMIT_RPM: '1', GATEWAY_KEYS: 'alice=sk-alice-0123456789abcdef' })
    const key = await world.issue({ name: 'bob', imagesPerMinute: 1 })
    for (const secret of ['sk-alice-0123456789abcdef', key.secret]) {
      expect((await gateway.post(dalle, bearer(secret))).status).toBe(200)
      expect(await refusalOfHead(secret)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    }
  })

  it('one of a key without any money is refused: 429, or 400 where no waiting helps', async () => {
    gateway = await world.start()
    const spent = await world.issue({ name: 'spent', budget: { limitMicros: DALLE_MICROS, period: 'day' } })
    const poor = await world.issue({ name: 'poor', budget: { limitMicros: 0, period: 'day' } })
    expect((await gateway.post(dalle, spent.headers)).status).toBe(200)
    await world.idle()
    expect(await refusalOfHead(spent.secret)).toMatchObject({ status: 429, code: 'insufficient_quota' })
    expect(await refusalOfHead(poor.secret)).toMatchObject({ status: 400, code: 'request_exceeds_limit' })
  })

  it('a key without any money may use a model that costs nothing', async () => {
    const models = join(world.directory, 'models.json')
    writeFileSync(models, '{"models":{"free-image":{"like":"dall-e-3","price":{"usd_per_image":0}}}}')
    gateway = await world.start({ MODELS_FILE: models })
    const poor = await world.issue({ name: 'poor', budget: { limitMicros: 0, period: 'day' } })
    expect((await gateway.post({ model: 'free-image', prompt: 'a' }, poor.headers)).status).toBe(200)
  })

  it('one too many in flight is refused, of its key and of all together, and none once there is room', async () => {
    const { script, open } = gated(answerJson(dalleAnswer()))
    world.upstream.script = script
    gateway = await world.start({ MAX_IN_FLIGHT: '2' })
    const one = await world.issue({ name: 'one', maxInFlight: 1 })
    const other = await world.issue({ name: 'other' })
    const first = gateway.post(dalle, one.headers)
    await eventually('it is upstream', () => world.upstream.received.length === 1)
    expect(await refusalOfHead(one.secret)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    const second = gateway.post(dalle, other.headers)
    await eventually('both are upstream', () => world.upstream.received.length === 2)
    expect(await refusalOfHead(other.secret)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    open()
    await Promise.all([first, second])
    for (let count = 0; count < 5; count++) expect((await gateway.post(dalle, one.headers)).status).toBe(200)
  })

  it('a typo is told and burns no limit', async () => {
    gateway = await world.start()
    const key = await world.issue({ name: 'slow', requestsPerMinute: 1 })
    for (let count = 0; count < 3; count++)
      expect((await gateway.post({ ...dalle, n: 99 }, key.headers)).status).toBe(400)
    expect((await gateway.post(dalle, key.headers)).status).toBe(200)
  })

  it('the retry of an order that was bought is not refused: it costs nothing', async () => {
    const { script, open } = gated(answerJson(dalleAnswer()))
    world.upstream.script = script
    gateway = await world.start()
    const settings = { requestsPerMinute: 1, budget: { limitMicros: DALLE_MICROS, period: 'day' } } as const
    const key = await world.issue({ name: 'slow', ...settings })
    const controller = new AbortController()
    const headers = { ...key.headers, 'content-type': 'application/json' }
    const body = JSON.stringify(dalle)
    const left = fetch(gateway.url + PATHS.json, { method: 'POST', headers, body, signal: controller.signal })
    await eventually('it is upstream', () => world.upstream.received.length === 1)
    controller.abort()
    await left.catch(() => {})
    open()
    await world.idle()
    const retry = await gateway.post(body, { ...key.headers, 'x-stainless-retry-count': '1' })
    expect([retry.status, retry.headers.has('x-gateway-adopted')]).toEqual([200, true])
    expect(world.upstream.received).toHaveLength(1)
  })
})

describe('unfinished uploads', () => {
  it('of one key are bounded, by what is announced and by what comes; others go on, and it does once one has ended', async () => {
    gateway = await world.start({ MAX_UPLOADS_BYTES_PER_KEY: '1MiB' })
    const [alice, bob] = [await world.issue({ name: 'alice' }), await world.issue({ name: 'bob' })]
    const first = await unfinished(alice.secret, 700_000)
    const refusal = await refusalOfHead(alice.secret, PATHS.form, { 'content-length': 400_000 })
    expect(refusal).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    const chunks = await WireClient.to(gateway.url)
    await chunks.write(head(PATHS.form, { ...alice.headers, 'transfer-encoding': 'chunked' }))
    const piece = Buffer.concat([text('prompt', 'a'), text('user', 'x'.repeat(399_000))])
    await chunks.write(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]))
    expect((await chunks.answer()).status).toBe(429)
    await leave(chunks)
    await leave(await unfinished(bob.secret, 700_000))
    await leave(first)
    const good = edit(await picture(64, 64))
    await eventually('its room is free again', async () => {
      const client = await WireClient.to(gateway.url)
      await client.write(
        Buffer.concat([Buffer.from(head(PATHS.form, { ...alice.headers, 'content-length': good.length })), good]),
      )
      expect((await client.answer()).status).toBe(200)
      await leave(client)
    })
  })

  it('of all keys together are bounded', async () => {
    gateway = await world.start({ MAX_UPLOADS_BYTES: '1MiB' })
    const [alice, bob] = [await world.issue({ name: 'alice' }), await world.issue({ name: 'bob' })]
    const first = await unfinished(alice.secret, 700_000)
    const refusal = await refusalOfHead(bob.secret, PATHS.form, { 'content-length': 400_000 })
    expect(refusal).toMatchObject({ status: 503, code: 'storage_full' })
    await leave(first)
  })

  it('that alone are larger than a key may have are too large', async () => {
    gateway = await world.start({ MAX_UPLOADS_BYTES_PER_KEY: '1MiB' })
    const alice = await world.issue({ name: 'alice' })
    expect(await refusalOfHead(alice.secret)).toMatchObject({ status: 413, code: 'request_too_large' })
  })
})

describe('JSON bodies in memory', () => {
  it('are bounded together, and small ones are always taken', async () => {
    gateway = await world.start({ MAX_BODY_BYTES: '100KiB' })
    const { secret, headers } = await world.issue({ name: 'alice' })
    const clients: WireClient[] = []
    for (let count = 0; count < 2; count++) {
      const client = await WireClient.to(gateway.url)
      await client.write(
        head(PATHS.json, { ...headers, 'content-type': 'application/json', 'content-length': 102_400 }),
      )
      await client.write(Buffer.alloc(100_000, ' '))
      clients.push(client)
    }
    await eventually('no more is taken', async () => {
      const answer = await gateway.post({ ...dalle, user: 'x'.repeat(90_000) }, bearer(secret))
      expect([answer.status, await answer.json()]).toMatchObject([429, { error: { code: 'rate_limit_exceeded' } }])
    })
    expect((await gateway.post(dalle, headers)).status).toBe(200)
    for (const client of clients) await leave(client)
    await eventually('there is room again', async () => {
      const answer = await gateway.post({ ...dalle, prompt: 'x'.repeat(90_000) }, headers)
      expect(await errorOf(answer)).toMatchObject({ code: expect.stringMatching(/invalid|string_above/) }) // it was read
    })
  })
})
