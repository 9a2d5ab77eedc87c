import { writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { clientOf } from '../helpers/gateways/gateway-client.ts'
import { memoryOf } from '../helpers/process-memory.ts'
import { scriptedUpstream } from '../helpers/upstream.ts'
import { openWorld } from '../helpers/world.ts'
import { chunked, head, WireClient } from './uploads/wire-client.ts'
import type { GatewayProcess } from '../helpers/gateways/gateway-process.ts'
import type { Script, ScriptedUpstream } from '../helpers/upstream.ts'
import type { World } from '../helpers/world.ts'

const MEGABYTE = 1_000_000
/** At 400 bytes for each chunk, 100 MB and 160 MB would be held of them: above the bound. */
const BODY_BYTES = 250_000
const ANSWER_BYTES = 400_000
/** The heap of the smallest machines; the memory of buffers is outside of it. */
const HEAP_MEGABYTES = 256
/** A body or an answer may add so much to the memory of the process, beside a few times its own length. */
const MAY_GROW_BY = 60 * MEGABYTE

let world: World<ScriptedUpstream>
let gateway: GatewayProcess

beforeAll(async () => {
  world = openWorld(await scriptedUpstream(), { DATABASE: 'false' })
  gateway = await world.spawn({ NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}` })
  // Code that is loaded and compiled once is no part of what is measured.
  world.upstream.script = answer(imageJson(100_000), 50_000)
  for (let count = 0; count < 20; count++) await (await post()).arrayBuffer()
})
afterAll(async () => world.close())

const post = async (changes: object = {}): Promise<Response> =>
  clientOf(gateway.url).post({ model: 'gpt-image-2', prompt: 'a', ...changes })

/** How much more memory than before the process had at any time. */
async function growthBy(work: () => Promise<unknown>): Promise<number> {
  writeFileSync(`/proc/${gateway.pid}/clear_refs`, '5') // the most is what it is now
  const { now } = memoryOf(gateway.pid)
  await work()
  if (gateway.hasEnded()) throw new Error(`the gateway has ended: ${gateway.output().slice(-500)}`)
  const { most } = memoryOf(gateway.pid)
  return most - now
}

const imageJson = (bytes: number): Buffer =>
  Buffer.from(`{"created":1,"data":[{"b64_json":"${'A'.repeat(bytes)}"}],"usage":{"total_tokens":3}}`)
const imageEvents = (bytes: number): Buffer =>
  Buffer.from(`data: {"type":"image_generation.completed","b64_json":"${'A'.repeat(bytes)}"}\n\ndata: [DONE]\n\n`)

/** Answers in chunks of one byte, so many of them in one packet. */
function answer(body: Buffer, perPacket: number, contentType = 'application/json'): Script {
  return async (response) => {
    const { socket } = response
    if (socket === null) return
    socket.setNoDelay(true)
    const headers = `content-type: ${contentType}\r\ntransfer-encoding: chunked\r\nconnection: close`
    socket.write(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`)
    for (let at = 0; at < body.length && !socket.destroyed; at += perPacket) {
      const isFull = !socket.write(chunked(body.subarray(at, at + perPacket), 1).subarray(0, -5))
      if (isFull || perPacket < 100) await setImmediate()
      while (socket.writableLength > MEGABYTE) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    socket.end('0\r\n\r\n')
  }
}

describe('a body in chunks of one byte', () => {
  it.each([
    ['/gateway/check', 200],
    ['/v1/images/generations', 400],
    ['/gateway/check/edits', 200],
  ])('to %s is read and takes no more memory than any other', async (path, expected) => {
    const fields = path.endsWith('edits') ? {} : { model: 'gpt-image-2', prompt: 'a', n: 99 }
    const body = Buffer.from(JSON.stringify({ ...fields, user: 'x'.repeat(BODY_BYTES) }))
    const growth = await growthBy(async () => {
      const client = await WireClient.to(gateway.url)
      await client.write(head(path, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }))
      for (let at = 0; at < body.length; at += 65_536)
        await client.write(chunked(body.subarray(at, at + 65_536), 1).subarray(0, -5))
      await client.write('0\r\n\r\n')
      const { status, body: said } = await client.answer()
      expect([status, said.toString().includes('"n"') || path.endsWith('edits')]).toEqual([expected, true])
      client.socket.destroy()
    })
    expect(growth).toBeLessThan(MAY_GROW_BY + 3 * body.length)
  })
})

describe('an answer in chunks of one byte', () => {
  it.each<[what: string, order: object, contentType: string, body: (bytes: number) => Buffer]>([
    ['JSON', {}, 'application/json', imageJson],
    ['events', { stream: true }, 'text/event-stream', imageEvents],
    ['JSON that becomes events', { stream: true }, 'application/json', imageJson],
  ])('%s goes on and takes no memory by the chunk', async (_what, order, contentType, body) => {
    const bytes = ANSWER_BYTES
    world.upstream.script = answer(body(bytes), 10_000, contentType)
    const growth = await growthBy(async () => {
      const image = await (await post(order)).text()
      expect(image).toContain('A'.repeat(bytes))
      await eventually('it is settled', async () => (await gateway.metric('comet_in_flight')) === 0)
    })
    expect(growth).toBeLessThan(MAY_GROW_BY + 2 * bytes)
  })

  it.each([
    ['JSON', {}, 'application/json', imageJson],
    ['events', { stream: true }, 'text/event-stream', imageEvents],
  ])('%s, a packet for each, too', async (_what, order, contentType, body) => {
    world.upstream.script = answer(body(30_000), 1, contentType)
    const growth = await growthBy(async () => {
      expect(await (await post(order)).text()).toContain('A'.repeat(30_000))
    })
    expect(growth).toBeLessThan(MAY_GROW_BY)
  })
})
