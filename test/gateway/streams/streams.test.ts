import { describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { NEW_STREAM } from '../../helpers/new-orders.ts'
import { parseRaw, rawRequest } from '../../helpers/raw-http.ts'
import { StreamReader } from '../../helpers/stream-reader.ts'
import { atRest } from '../../helpers/time/turns.ts'
import { answerJson, imageAnswer } from '../../helpers/upstream.ts'
import { completed, partial } from '../answers/recorded-streams.ts'
import { begin, IMAGE, streaming } from './streaming.ts'

const world = streaming()

describe('a stream of events', () => {
  it('reaches the SDK event by event while the upstream is still at work', async () => {
    let sendNext: () => void = () => {}
    world.upstream.script = async (response) => {
      begin(response)
      for (const event of [partial(0, IMAGE), partial(1, IMAGE), completed(IMAGE)]) {
        const isWanted = new Promise<void>((resolve) => (sendNext = resolve))
        response.write(event)
        await isWanted
      }
      response.end()
    }
    const types: string[] = []
    for await (const event of await world.client.images.generate(NEW_STREAM)) {
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
    world.upstream.script = (response) => void begin(response).end(text)
    const response = await world.gateway.post(NEW_STREAM)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toContain('no-cache')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
    expect(await response.text()).toBe(`${text}: x-gateway-cost-usd 0.00187\n\n`)
  })

  it('is counted: tokens, images, partial images, cost, time to the first event', async () => {
    let end = (): void => {}
    world.upstream.script = (response) => {
      begin(response).write(partial(0, IMAGE) + partial(1, IMAGE))
      end = () => response.end(completed(IMAGE))
    }
    const labels = 'model="gpt-image-2",key="anonymous"'
    const before = {
      tokens: await world.gateway.metric('comet_tokens_total', `${labels},type="output"`),
      partials: await world.gateway.metric('comet_partial_images_total', labels),
      images: await world.gateway.metric('comet_images_total', `${labels},size="1024x1024",quality="high"`),
      first: await world.gateway.metric(
        'comet_first_event_seconds_count',
        'endpoint="images.generations",model="gpt-image-2"',
      ),
    }
    const response = await world.gateway.post(NEW_STREAM)
    const reader = new StreamReader(response)
    await reader.until(partial(1, IMAGE))
    await world.clock.advance(30)
    end()
    await reader.rest()
    const line = await world.gateway.logOf(response)
    expect(line).toMatchObject({ outcome: 'completed', images: 1, partialImages: 2, inputTokens: 50, outputTokens: 50 })
    expect(line['costUsd']).toBeCloseTo((10 * 5 + 40 * 8 + 50 * 30) / 1e6, 9)
    expect([line['firstEventMs'], line['upstreamMs']]).toEqual([0, 30])
    expect(await world.gateway.metric('comet_tokens_total', `${labels},type="output"`)).toBe(before.tokens + 50)
    expect(await world.gateway.metric('comet_partial_images_total', labels)).toBe(before.partials + 2)
    expect(await world.gateway.metric('comet_images_total', `${labels},size="1024x1024",quality="high"`)).toBe(
      before.images + 1,
    )
    expect(
      await world.gateway.metric(
        'comet_first_event_seconds_count',
        'endpoint="images.generations",model="gpt-image-2"',
      ),
    ).toBe(before.first + 1)
  })

  it('is kept alive with comments while nothing comes, before the upstream’s headers and after', async () => {
    let goOn: (() => void)[] = []
    world.upstream.script = (response) => {
      goOn = [() => begin(response).write(partial(0, 'AAAA')), () => response.end(completed('BBBB'))]
    }
    const response = await world.gateway.post(NEW_STREAM)
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
    world.upstream.script = (response) => {
      begin(response).write(event.slice(0, 30_000))
      goOn = () => response.end(event.slice(30_000))
    }
    const reader = new StreamReader(await world.gateway.post(NEW_STREAM))
    await reader.until(event.slice(20_000, 30_000))
    // Beside it, another stream gets three comments.
    let end = (): void => {}
    world.upstream.script = (response) => {
      begin(response).write(partial(0, 'AAAA'))
      end = () => response.end(completed('BBBB'))
    }
    const other = new StreamReader(await world.gateway.post(NEW_STREAM))
    for (let count = 0; count < 3; count++) await other.until(': keep-alive')
    end()
    await other.rest()
    goOn()
    expect((await reader.rest()).replaceAll(/^: .*\n\n/gm, '')).toBe(event)
  })

  it('is made of an upstream’s plain JSON answer', async () => {
    world.upstream.script = answerJson(imageAnswer({ data: [{ b64_json: IMAGE }] }))
    const { events, error } = await world.collect()
    expect(error).toBeUndefined()
    expect(events).toMatchObject([
      { type: 'image_generation.completed', b64_json: IMAGE, usage: { total_tokens: 224 }, size: '1024x1024' },
    ])
  })

  it('is over at [DONE], also where the upstream keeps its connection open', async () => {
    world.upstream.script = (response) => void begin(response).write(`${completed('AAAA')}data: [DONE]\n\n`)
    const response = await world.gateway.post(NEW_STREAM)
    expect(await response.text()).toContain('[DONE]')
    expect(await world.gateway.logOf(response)).toMatchObject({ outcome: 'completed', images: 1, totalTokens: 100 })
    const { size } = world.upstream.sockets
    await world.clock.advance(1000)
    await eventually('the connection is given up', () => world.upstream.sockets.size < size)
  })

  it.each([
    ['says nothing of images for a long time and then has none', { created: 1, note: 'x'.repeat(70_000), data: [] }],
  ])('is refused where the upstream %s', async (_name, body) => {
    world.upstream.script = answerJson(body)
    const { error } = await world.collect()
    expect(error).toMatchObject({ code: 'upstream_invalid_response' })
  })

  it('that nobody reads to its end is counted all the same', async () => {
    let end = (): void => {}
    world.upstream.script = (response) => {
      begin(response).write(partial(0, 'AAAA'))
      end = () => response.end(completed('BBBB'))
    }
    const before = await world.gateway.metric('comet_tokens_total', 'model="gpt-image-2",key="anonymous",type="output"')
    const orphans = await world.gateway.metric('comet_orphans')
    for await (const _ of await world.client.images.generate(NEW_STREAM)) break
    await eventually('the client is seen leaving', async () => (await world.gateway.metric('comet_orphans')) > orphans)
    end()
    await eventually(
      'the usage of a stream whose client left is booked',
      async () =>
        (await world.gateway.metric('comet_tokens_total', 'model="gpt-image-2",key="anonymous",type="output"')) ===
        before + 50,
    )
  })
})

describe('a client that reads slowly', () => {
  it('slows the upstream down instead of filling the memory', async () => {
    let sent = 0
    const event = partial(0, 'A'.repeat(2_000_000))
    world.upstream.script = async (response) => {
      begin(response).setMaxListeners(0)
      for (let count = 0; count < 50 && !response.destroyed; count++) {
        sent += event.length
        if (!response.write(event))
          await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
      }
      response.end()
    }
    const abort = new AbortController()
    const response = await fetch(`${world.gateway.url}/v1/images/generations`, {
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
  world.upstream.script = (response) => void begin(response).end(completed('AAAA'))
  const body = JSON.stringify(NEW_STREAM)
  const text = await rawRequest(
    world.gateway.url,
    `POST /v1/images/generations HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  expect(text).toContain(completed('AAAA'))
  expect(() => parseRaw(text)).toThrow() // no JSON
})
