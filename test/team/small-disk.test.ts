import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { launchGateway, listening } from '../helpers/gateways/gateway-process.ts'
import { canMount, MountedDisk } from '../helpers/mounted-disk.ts'
import { answerJson, scriptedUpstream } from '../helpers/upstream.ts'
import { openWorld } from '../helpers/world.ts'
import { BOUNDARY, chunked, file, head, WireClient } from '../gateway/uploads/wire-client.ts'
import type { GatewayProcess } from '../helpers/gateways/gateway-process.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'
import type { IncomingMessage } from 'node:http'
import type { World } from '../helpers/world.ts'

const MIB = 1_048_576
const OPEN_FILES = 256

let world: World<ScriptedUpstream>
let disk: MountedDisk
let gateway: GatewayProcess

beforeEach(async () => {
  world = openWorld(await scriptedUpstream())
  disk = new MountedDisk(world.directory)
})
afterEach(async () => {
  gateway.signal('SIGKILL')
  await gateway.ended()
  disk.unmount()
  await world.close()
})

async function start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
  disk.mount('size=64m')
  const settings = { DATA_DIR: disk.path, COMETAPI_BASE_URL: world.upstream.url, ...environment }
  gateway = await listening(launchGateway(settings, { openFiles: OPEN_FILES }))
}

/** Orders from a client that closes its connection after the answer, as curl does. Returns the status. */
async function orderAndClose(index: number): Promise<number> {
  const body = JSON.stringify({ model: 'dall-e-3', prompt: `boat ${index}` })
  const outgoing = request(`${gateway.url}/v1/images/generations`, {
    method: 'POST',
    agent: new Agent({ keepAlive: false }),
    headers: { 'content-type': 'application/json' },
  })
  outgoing.end(body)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  answer.resume()
  await once(answer, 'end')
  return answer.statusCode ?? 0
}

async function orderMany(count: number, imageBytes: number): Promise<Record<number, number>> {
  world.upstream.script = answerJson({ created: 1, data: [{ b64_json: 'A'.repeat(imageBytes) }] })
  const statuses: Record<number, number> = {}
  for (let index = 0; index < count; index++) {
    const status = await orderAndClose(index)
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  return statuses
}

async function upload(bytes: number, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const part = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n`
  return fetch(`${gateway.url}/v1/images/edits`, {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
    body: Buffer.concat([Buffer.from(part), Buffer.alloc(bytes, 'A'), Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]),
  })
}

function memoryOf({ pid }: GatewayProcess): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

describe.runIf(canMount())('on a disk of 64 MiB and with 256 descriptors', () => {
  it.each([
    ['on disk', 40, 3_000_000],
    ['in memory', 200, 240_000],
  ])('every order is sold while answers are kept %s for clients that closed their connection', async (...given) => {
    const [, count, bytes] = given
    await start()
    await orderMany(10, bytes)
    const before = memoryOf(gateway)
    expect(await orderMany(count, bytes)).toEqual({ 200: count })
    expect(memoryOf(gateway) - before).toBeLessThan(120 * MIB)
    expect(disk.freeBytes).toBeGreaterThan(2 * MIB)
    expect((await gateway.get('/readyz')).status).toBe(200)
    expect(gateway.logged('endings cannot be booked now; they are tried until they can')).toEqual([])
  })

  it('every order is sold also where nothing is kept free for the database: kept answers are given up for it', async () => {
    await start({ DISK_RESERVE: '0' })
    expect(await orderMany(40, 3_000_000)).toEqual({ 200: 40 })
    expect(gateway.logged('endings cannot be booked now; they are tried until they can')).toEqual([])
  })

  it('an upload has room that kept answers give up, and is refused before the database has none', async () => {
    await start()
    await orderMany(25, 3_000_000)
    expect(disk.freeBytes).toBeLessThan(10 * MIB)
    expect((await upload(20 * MIB)).status).toBe(400) // no picture, but all of it was received
    const refused = await upload(80 * MIB)
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'storage_full' } }])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    await eventually('its room is free again', () => disk.freeBytes > 20 * MIB)
    expect(await orderMany(1, 1000)).toEqual({ 200: 1 })
  })

  it('no key can fill it with uploads that it does not finish', async () => {
    const [alice, bob] = ['sk-alice-0123456789abcdef', 'sk-bob-0123456789abcdef']
    await start({ GATEWAY_KEYS: `alice=${alice},bob=${bob}` })
    const clients = await Promise.all(Array.from({ length: 8 }, async () => WireClient.to(gateway.url)))
    const refusals = clients.map(async (client) => {
      const headers = { authorization: `Bearer ${alice}`, 'transfer-encoding': 'chunked' }
      await client.write(head('/v1/images/edits', headers))
      await client.write(chunked(file(Buffer.alloc(10 * MIB)), MIB).subarray(0, -5))
      return (await client.answer()).status
    })
    expect(await Promise.race(refusals)).toBe(503)
    expect(disk.freeBytes).toBeGreaterThan(20 * MIB)
    expect((await upload(10 * MIB, { authorization: `Bearer ${bob}` })).status).toBe(400)
    for (const client of clients) client.socket.destroy()
    await Promise.allSettled(refusals)
  })

  it('it is not ready while its disk is full, and is again when there is room', async () => {
    await start()
    await orderMany(5, 1000)
    expect((await gateway.get('/readyz')).status).toBe(200)
    disk.fill()
    const full = await eventually('it is not ready', async () => {
      const answer = await gateway.get('/readyz')
      return answer.status === 200 ? false : answer
    })
    expect([full.status, await full.json()]).toEqual([503, { status: 'storage_full' }])
    expect((await gateway.get('/healthz')).status).toBe(200)
    disk.empty()
    await eventually('it is ready', async () => (await gateway.get('/readyz')).status === 200)
  })
})
