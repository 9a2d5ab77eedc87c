import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { NEW_STREAM } from '../helpers/new-orders.ts'
import { startGateway } from '../helpers/gateway.ts'
import { PatientClock } from '../helpers/patient-clock.ts'
import { parseRaw, rawRequest } from '../helpers/raw-http.ts'
import { StreamReader } from '../helpers/stream-reader.ts'
import { atRest, turns } from '../helpers/turns.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import { completed, partial } from './answers/recorded-streams.ts'
import type { ServerResponse } from 'node:http'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

const IMAGE = 'iVBORw0KGgo'.repeat(4000)

const clock = new PatientClock()
let upstream: ScriptedUpstream
let gateway: TestGateway
let client: OpenAI

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url, { STREAM_KEEP_ALIVE_MS: '60' }, { clock })
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
})
beforeEach(() => void (upstream.received.length = 0))
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

function begin(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' })
}

async function collect(): Promise<{ events: OpenAI.ImageGenStreamEvent[]; error: unknown }> {
  const events: OpenAI.ImageGenStreamEvent[] = []
  try {
    for await (const event of await client.images.generate(NEW_STREAM)) events.push(event)
  } catch (error) {
    return { events, error }
  }
  return { events, error: undefined }
}

describe('a stream of events', () => {
  it('reaches the SDK event by event while the upstream is still at work', async () => {
    let sendNext: () => void = () => {}
    upstream.script = async (response) => {
      begin(response)
      for (const event of [partial(0, IMAGE), partial(1, IMAGE), completed(IMAGE)]) {
        const isWanted = new Promise<void>((resolve) => (sendNext = resolve))
        response.write(event)
        await isWanted
      }
      response.end()
    }
    const types: string[] = []
    for await (const event of await client.images.generate(NEW_STREAM)) {
      types.push(event.type)
      expect(event.b64_json).toBe(IMAGE)
      sendNext() // the next event is sent only when this one has arrived
    }
    expect(types).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ])
  })

  it('is sent in bytes that are the upstream’s, with headers that keep proxies from collecting it', async () => {
    const text = partial(0, IMAGE) + completed(IMAGE)
    upstream.script = (response) => void begin(response).end(text)
    const response = await gateway.post(NEW_STREAM)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toContain('no-cache')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
    expect(await response.text()).toBe(`${text}: x-gateway-cost-usd 0.00187\n\n`)
  })

  it('is counted: tokens, images, partial images, cost, time to the first event', async () => {
    let end = (): void => {}
    upstream.script = (response) => {
      begin(response).write(partial(0, IMAGE) + partial(1, IMAGE))
      end = () => response.end(completed(IMAGE))
    }
    const labels = 'model="gpt-image-2",key="anonymous"'
    const before = {
      tokens: await gateway.metric('comet_tokens_total', `${labels},type="output"`),
      partials: await gateway.metric('comet_partial_images_total', labels),
      images: await gateway.metric('comet_images_total', `${labels},size="1024x1024",quality="high"`),
      first: await gateway.metric(
        'comet_first_event_seconds_count',
        'endpoint="images.generations",model="gpt-image-2"',
      ),
    }
    const response = await gateway.post(NEW_STREAM)
    const reader = new StreamReader(response)
    await reader.until(partial(1, IMAGE))
    await clock.advance(30)
    end()
    await reader.rest()
    const line = await gateway.logOf(response)
    expect(line).toMatchObject({ outcome: 'completed', images: 1, partialImages: 2, inputTokens: 50, outputTokens: 50 })
    expect(line['costUsd']).toBeCloseTo((10 * 5 + 40 * 8 + 50 * 30) / 1e6, 9)
    expect([line['firstEventMs'], line['upstreamMs']]).toEqual([0, 30])
    expect(await gateway.metric('comet_tokens_total', `${labels},type="output"`)).toBe(before.tokens + 50)
    expect(await gateway.metric('comet_partial_images_total', labels)).toBe(before.partials + 2)
    expect(await gateway.metric('comet_images_total', `${labels},size="1024x1024",quality="high"`)).toBe(
      before.images + 1,
    )
    expect(
      await gateway.metric('comet_first_event_seconds_count', 'endpoint="images.generations",model="gpt-image-2"'),
    ).toBe(before.first + 1)
  })

  it('is kept alive with comments while nothing comes, before the upstream’s headers and after', async () => {
    let goOn: (() => void)[] = []
    upstream.script = (response) => {
      goOn = [() => begin(response).write(partial(0, 'AAAA')), () => response.end(completed('BBBB'))]
    }
    const response = await gateway.post(NEW_STREAM)
    const reader = new StreamReader(response)
    await reader.until(': keep-alive')
    goOn[0]?.()
    await reader.until(partial(0, 'AAAA'))
    await reader.until(': keep-alive')
    goOn[1]?.()
    const text = await reader.rest()
    const [before = '', after = ''] = text.split(partial(0, 'AAAA'))
    expect(before.match(/^: keep-alive$/gm)?.length).toBeGreaterThanOrEqual(1)
    expect(after.match(/^: keep-alive$/gm)?.length).toBeGreaterThanOrEqual(1)
    const events = text.replaceAll(/^: .*\n\n/gm, '')
    expect(events).toBe(partial(0, 'AAAA') + completed('BBBB'))
  })

  it('gets no comment into the middle of an event', async () => {
    const event = completed(IMAGE)
    let goOn = (): void => {}
    upstream.script = (response) => {
      begin(response).write(event.slice(0, 30_000))
      goOn = () => response.end(event.slice(30_000))
    }
    const reader = new StreamReader(await gateway.post(NEW_STREAM))
    await reader.until(event.slice(20_000, 30_000))
    // Beside it, another stream gets three comments.
    let end = (): void => {}
    upstream.script = (response) => {
      begin(response).write(partial(0, 'AAAA'))
      end = () => response.end(completed('BBBB'))
    }
    const other = new StreamReader(await gateway.post(NEW_STREAM))
    for (let count = 0; count < 3; count++) await other.until(': keep-alive')
    end()
    await other.rest()
    goOn()
    expect((await reader.rest()).replaceAll(/^: .*\n\n/gm, '')).toBe(event)
  })

  it('is made of an upstream’s plain JSON answer', async () => {
    upstream.script = answerJson(imageAnswer({ data: [{ b64_json: IMAGE }] }))
    const { events, error } = await collect()
    expect(error).toBeUndefined()
    expect(events).toMatchObject([
      { type: 'image_generation.completed', b64_json: IMAGE, usage: { total_tokens: 224 }, size: '1024x1024' },
    ])
  })

  it('is over at [DONE], also where the upstream keeps its connection open', async () => {
    upstream.script = (response) => void begin(response).write(`${completed('AAAA')}data: [DONE]\n\n`)
    const response = await gateway.post(NEW_STREAM)
    expect(await response.text()).toContain('[DONE]')
    expect(await gateway.logOf(response)).toMatchObject({ outcome: 'completed', images: 1, totalTokens: 100 })
    const { size } = upstream.sockets
    await clock.advance(1000)
    await eventually('the connection is given up', () => upstream.sockets.size < size)
  })

  it.each([
    ['says nothing of images for a long time and then has none', { created: 1, note: 'x'.repeat(70_000), data: [] }],
  ])('is refused where the upstream %s', async (_name, body) => {
    upstream.script = answerJson(body)
    const { error } = await collect()
    expect(error).toMatchObject({ code: 'upstream_invalid_response' })
  })

  it('that nobody reads to its end is counted all the same', async () => {
    let end = (): void => {}
    upstream.script = (response) => {
      begin(response).write(partial(0, 'AAAA'))
      end = () => response.end(completed('BBBB'))
    }
    const before = await gateway.metric('comet_tokens_total', 'model="gpt-image-2",key="anonymous",type="output"')
    const orphans = await gateway.metric('comet_orphans')
    for await (const _ of await client.images.generate(NEW_STREAM)) break
    await eventually('the client is seen leaving', async () => (await gateway.metric('comet_orphans')) > orphans)
    end()
    await eventually(
      'the usage of a stream whose client left is booked',
      async () =>
        (await gateway.metric('comet_tokens_total', 'model="gpt-image-2",key="anonymous",type="output"')) ===
        before + 50,
    )
  })
})

describe('a stream that fails', () => {
  it('before anything went out is an answer with a status', async () => {
    upstream.script = (response) =>
      void begin(response).end('data: {"error":{"message":"no","code":"moderation_blocked","type":"x"}}\n\n')
    const { error } = await collect()
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ status: 400, code: 'moderation_blocked' })
  })

  it('after a comment went out is an error event', async () => {
    let answering: ServerResponse | undefined
    gateway.app.server.server.once('request', (_request, response: ServerResponse) => (answering = response))
    upstream.script = async (response) => {
      await eventually('a comment has gone out', () => answering?.headersSent === true)
      answerErrorJson(response)
    }
    const { error } = await collect()
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ code: 'moderation_blocked' })
  })

  it.each([
    ['resets the connection', (response: ServerResponse) => void response.socket?.resetAndDestroy()],
    ['closes it cleanly', (response: ServerResponse) => void response.end()],
    ['says nothing any more', async () => clock.advance(600_000)],
  ])('in the middle of an image raises an API error where the upstream %s', async (_name, stop) => {
    upstream.script = async (response) => {
      begin(response).write(partial(0, 'AAAA') + completed(IMAGE).slice(0, 40_000))
      await turns() // the gateway has read that
      await stop(response)
    }
    const { events, error } = await collect()
    expect(events).toHaveLength(1)
    expect(error).toBeInstanceOf(APIError)
    expect(String((error as APIError).code)).toMatch(/^upstream_(failed|timeout)$/)
  })

  it('between two images raises an API error, and what was begun is booked as an estimate', async () => {
    upstream.script = (response) => {
      begin(response).write(partial(0, 'AAAA'), () => response.socket?.destroy())
    }
    const response = await gateway.post(NEW_STREAM)
    expect(await response.text()).toContain('event: error\ndata: {"error":{"message":')
    expect(await gateway.logOf(response)).toMatchObject({
      outcome: 'upstream_failed',
      failure: 'upstream_failed',
      images: 1,
      costEstimated: true,
    })
  })

  it('with the upstream’s own error event costs nothing where no image was finished', async () => {
    upstream.script = (response) => {
      begin(response).end(`${partial(0, 'AAAA')}data: {"error":{"message":"no","code":"moderation_blocked"}}\n\n`)
    }
    const response = await gateway.post(NEW_STREAM)
    expect(await response.text()).toContain('"code":"moderation_blocked"')
    const line = await gateway.logOf(response)
    expect(line).toMatchObject({ failure: 'moderation_blocked', images: 0 })
    expect(line['costUsd']).toBeUndefined()
  })
})

describe('a client that reads slowly', () => {
  it('slows the upstream down instead of filling the memory', async () => {
    let sent = 0
    const event = partial(0, 'A'.repeat(2_000_000))
    upstream.script = async (response) => {
      begin(response).setMaxListeners(0)
      for (let count = 0; count < 50 && !response.destroyed; count++) {
        sent += event.length
        if (!response.write(event))
          await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
      }
      response.end()
    }
    const abort = new AbortController()
    const response = await fetch(`${gateway.url}/v1/images/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(NEW_STREAM),
      signal: abort.signal,
    })
    expect(await atRest(() => sent)).toBeLessThan(30_000_000) // what fits into the sockets, of 100 MB
    expect(response.status).toBe(200)
    abort.abort()
  })
})

it('an HTTP/1.0 client gets the stream too, ended by the connection', async () => {
  upstream.script = (response) => void begin(response).end(completed('AAAA'))
  const body = JSON.stringify(NEW_STREAM)
  const text = await rawRequest(
    gateway.url,
    `POST /v1/images/generations HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  expect(text).toContain(completed('AAAA'))
  expect(() => parseRaw(text)).toThrow() // no JSON
})

function answerErrorJson(response: ServerResponse): void {
  response
    .writeHead(400, { 'content-type': 'application/json' })
    .end('{"error":{"message":"no","code":"moderation_blocked","type":"x"}}')
}
