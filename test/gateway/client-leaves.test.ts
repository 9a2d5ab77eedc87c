import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { atRest } from '../helpers/time/turns.ts'
import { imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import { UpstreamServer } from '../helpers/upstream-server.ts'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url)
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

let orders = 0

/** Sends a new order and gives the request, to be destroyed at will. */
function order(): ClientRequest {
  const headers = { 'content-type': 'application/json' }
  const request = httpRequest(`${gateway.url}/v1/images/generations`, { method: 'POST', headers })
  request.on('error', () => {})
  request.end(JSON.stringify({ model: 'gpt-image-2', prompt: `boat ${++orders}` }))
  return request
}

const outputTokens = () => gateway.metric('comet_tokens_total', 'model="gpt-image-2",key="anonymous",type="output"')
const leftLine = (): boolean =>
  gateway.lines.some((line) => line.includes('generation settled after its client had left'))

describe('a client that leaves', () => {
  it('before the answer does not stop the generation: its usage is booked and logged', async () => {
    const before = await outputTokens()
    let answer = (): void => {}
    upstream.script = (response) => {
      answer = () =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(imageAnswer()))
    }
    const received = upstream.received.length
    const client = order()
    await eventually('the order arrives upstream', () => upstream.received.length > received)
    client.destroy()
    await eventually('the generation is an orphan', async () => (await gateway.metric('comet_orphans')) === 1)
    answer()
    await eventually('the usage is booked', async () => (await outputTokens()) === before + 208)
    expect(await gateway.metric('comet_orphans')).toBe(0)
    expect(await gateway.metric('comet_in_flight')).toBe(0)
    await eventually('both are logged', () => {
      expect(leftLine()).toBe(true)
      expect(gateway.lines.some((line) => line.includes('"outcome":"client_left"'))).toBe(true)
    })
  })

  it('and comes back later for its answer adds no time of the gateway, and takes none away', async () => {
    let answer = (): void => {}
    upstream.script = (response) => {
      answer = () =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(imageAnswer()))
    }
    const received = upstream.received.length
    const client = order()
    await eventually('the order arrives upstream', () => upstream.received.length > received)
    client.destroy()
    await eventually('the generation is an orphan', async () => (await gateway.metric('comet_orphans')) === 1)
    orders--
    const again = order()
    const adopted = (): Record<string, unknown> | undefined => gateway.parsedLines().find((line) => line['adopted'])
    await eventually('it is adopted', async () => (await gateway.metric('comet_orphans')) === 0)
    again.destroy()
    await eventually('it is left again', () => adopted() !== undefined)
    answer()
    await eventually('nothing is under way', async () => expect(await gateway.metric('comet_in_flight')).toBe(0))
    expect(adopted()?.['overheadMs']).toBe(0)
  })

  it('before the request has gone upstream buys nothing', async () => {
    // A peer that accepts and never answers the handshake: the gateway stays in the state of connecting.
    const silent = new UpstreamServer({ onConnection: () => {} })
    await silent.listen()
    const alone = await startGateway(silent.url.replace('http:', 'https:'))
    const client = httpRequest(`${alone.url}/v1/images/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    })
    client.on('error', () => {})
    client.end(JSON.stringify({ model: 'gpt-image-2', prompt: 'b' }))
    await eventually('the generation is under way', async () => (await alone.metric('comet_in_flight')) === 1)
    client.destroy()
    await eventually('the generation is over', async () => (await alone.metric('comet_in_flight')) === 0)
    expect(await alone.metric('comet_orphans')).toBe(0)
    await eventually('it is logged', () => {
      const line = alone
        .parsedLines()
        .find(({ msg, endpoint }) => msg === 'request' && endpoint === 'images.generations')
      expect(line).toMatchObject({ outcome: 'client_left', status: 499 })
    })
    await silent.close()
    await alone.close()
  })

  it('in the middle of a large answer neither, and the rest is read to its end', async () => {
    const before = await outputTokens()
    const body = JSON.stringify(imageAnswer({ data: [{ b64_json: 'A'.repeat(20_000_000) }] }))
    upstream.script = (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    const client = order()
    client.on('response', (response) => response.once('data', () => client.destroy()))
    await eventually('the usage is booked', async () => (await outputTokens()) === before + 208)
    await eventually('nothing is under way', async () => expect(await gateway.metric('comet_in_flight')).toBe(0))
  })

  it('slowly reading slows the upstream down instead of filling the memory', async () => {
    let sent = 0
    const chunk = Buffer.alloc(1_000_000, 'A')
    upstream.script = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"data":[{"b64_json":"')
      const more = (): void => {
        while (sent < 100) {
          sent++
          if (!response.write(chunk)) return void response.once('drain', more)
        }
        response.end('"}]}')
      }
      more()
    }
    const client = order()
    const [response] = (await once(client, 'response')) as [IncomingMessage]
    response.pause()
    // The bytes that fit into the socket buffers may have left; a hundred megabytes may not.
    expect(await atRest(() => sent)).toBeLessThan(50)
    client.destroy()
    await eventually('the generation ends', async () => (await gateway.metric('comet_in_flight')) === 0)
  })
})
