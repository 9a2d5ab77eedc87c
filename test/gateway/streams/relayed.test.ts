import { gzipSync } from 'node:zlib'
import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { NEW_STREAM } from '../../helpers/new-orders.ts'
import { startGateway } from '../../helpers/gateway.ts'
import { UpstreamServer } from '../../helpers/upstream-server.ts'
import { PatientClock } from '../../helpers/time/patient-clock.ts'
import { StreamReader } from '../../helpers/stream-reader.ts'
import { turns } from '../../helpers/time/turns.ts'
import { imageAnswer } from '../../helpers/upstream.ts'
import { completed, partial, STREAMS, USAGE } from '../answers/recorded-streams.ts'
import { WireClient } from '../uploads/wire-client.ts'
import type { Socket } from 'node:net'
import type { TestGateway } from '../../helpers/gateway.ts'

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
const IMAGE = 'iVBORw0KGgo'.repeat(4000)

/** Writes an answer to the socket itself, so that what is one write here is one read there. */
type Script = (socket: Socket) => unknown

let script: Script
const clock = new PatientClock()
let upstream: UpstreamServer
let gateway: TestGateway
let client: OpenAI

beforeAll(async () => {
  upstream = new UpstreamServer({
    onConnection: (socket) => {
      socket.setNoDelay(true)
      socket.on('data', () => void script(socket))
    },
  })
  await upstream.listen()
  gateway = await startGateway(upstream.url, {}, { clock })
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
})
beforeEach(() => {
  script = () => {
    throw new Error('no script')
  }
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

/** Sends bytes in pieces, each of which is on its way before the next is written; then closes. */
function pieces(bytes: Buffer, cuts: readonly number[], headers = ''): Script {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b)
  return async (socket) => {
    socket.write(`${HEAD}${headers}connection: close\r\n\r\n`)
    let from = 0
    for (const end of ends) {
      socket.write(bytes.subarray(from, end))
      from = end
      await new Promise(setImmediate)
    }
    socket.end()
  }
}
const whole = (text: string, headers?: string): Script => pieces(Buffer.from(text), [], headers)

/** Comments of the gateway's own. */
const withoutComments = (text: string): string => text.replaceAll(/^: (?:keep-alive|x-gateway-cost-usd .*)\n\n/gm, '')

interface Got {
  readonly status: number
  readonly text: string
  readonly line: Record<string, unknown>
}

async function get(body: object = NEW_STREAM): Promise<Got> {
  const response = await gateway.post(body)
  const text = withoutComments(await response.text())
  return { status: response.status, text, line: await gateway.logOf(response) }
}

async function bySdk(): Promise<{ readonly types: readonly string[]; readonly error: unknown }> {
  const types: string[] = []
  try {
    for await (const event of await client.images.generate(NEW_STREAM)) types.push(event.type)
  } catch (error) {
    return { types, error }
  }
  return { types, error: undefined }
}

/** Some places in a text: its first and last bytes, around its line ends, and others all over it. */
function places(bytes: Buffer): readonly number[] {
  const lineEnds = [...bytes.keys()].filter((at) => bytes[at] === 0x0a || bytes[at] === 0x0d)
  const all = [1, 2, bytes.length - 1, bytes.length - 2, ...lineEnds.slice(0, 6).flatMap((at) => [at, at + 1])]
  return [...all, ...Array.from({ length: 6 }, (_, count) => Math.floor(((count + 0.5) * bytes.length) / 6))]
}

describe('a stream', () => {
  it.each(STREAMS)('is the same for its client wherever it is split: $name', async ({ text }) => {
    const bytes = Buffer.from(text)
    script = whole(text)
    const expected = await get()
    for (const place of places(bytes)) {
      script = pieces(bytes, [place, place + 1])
      const got = await get()
      // The LF of the very last CRLF may be missing: the event is over without it.
      expect([got.status, got.text.trimEnd()]).toEqual([expected.status, expected.text.trimEnd()])
      for (const fact of ['outcome', 'images', 'partialImages', 'totalTokens', 'costUsd', 'failure'])
        expect([fact, got.line[fact]]).toEqual([fact, expected.line[fact]])
    }
    script = pieces(bytes, [...bytes.keys()])
    expect((await get()).text.trimEnd()).toBe(expected.text.trimEnd())
  })

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('of megabytes on one line reaches its client byte for byte, with lines that end in %s', async (_name, lineEnd) => {
    const image = IMAGE.repeat(40)
    const text = (partial(0, image) + completed(image)).replaceAll('\n', lineEnd)
    const bytes = Buffer.from(text)
    const middle = bytes.length / 2
    script = pieces(bytes, [1, 70, 16_300, 16_400, 1_000_000, middle, middle + 1, middle + 200, bytes.length - 1])
    const { text: got, line } = await get()
    expect(got === text).toBe(true)
    expect(line).toMatchObject({ outcome: 'completed', images: 1, partialImages: 1, totalTokens: 100 })
  })

  it('of a hundred events in one piece loses none', async () => {
    const text = Array.from({ length: 100 }, (_, index) => partial(index, 'AAAA')).join('') + completed('BBBB')
    script = whole(text)
    expect(await get()).toMatchObject({ text, line: { partialImages: 100, images: 1 } })
  })

  it('of several images reaches the client with all of them', async () => {
    script = whole(completed('AAAA') + completed('BBBB') + completed('CCCC'))
    expect(await bySdk()).toEqual({
      types: Array.from({ length: 3 }, () => 'image_generation.completed'),
      error: undefined,
    })
    expect((await get({ ...NEW_STREAM, n: 3 })).line).toMatchObject({ outcome: 'completed', images: 3 })
  })

  it('with a length is a stream all the same', async () => {
    const text = partial(0, 'AAAA') + completed('BBBB')
    script = (socket) => void socket.write(`${HEAD}content-length: ${text.length}\r\n\r\n${text}`)
    expect((await get()).text).toBe(text)
  })
})

describe('a stream that goes on after its image', () => {
  const late = 'event: error\ndata: {"error":{"message":"late","code":"x"}}\n\n'

  it('with an error gives the client both, and is paid as reported', async () => {
    script = whole(completed(IMAGE) + late)
    const { types, error } = await bySdk()
    expect(types).toEqual(['image_generation.completed'])
    expect(error).toBeInstanceOf(APIError)
    expect((await get()).line).toMatchObject({
      outcome: 'upstream_failed',
      images: 1,
      totalTokens: 100,
      costEstimated: false,
    })
  })

  it.each([
    ['an image', completed('BBBB')],
    ['an error', late],
    ['what is no event', 'garbage'],
    ['what is no text', '\0\u0001\u0002\r\r\n\n\n'],
    ['another end', 'data: [DONE]\n\n'],
  ])('behind [DONE] with %s is over for the SDK', async (_what, more) => {
    script = whole(`${completed(IMAGE)}data: [DONE]\n\n${more}`)
    expect(await bySdk()).toEqual({ types: ['image_generation.completed'], error: undefined })
  })

  it.each([
    ['completed', completed(IMAGE)],
    ['[DONE]', `${completed(IMAGE)}data: [DONE]\n\n`],
  ])('with nothing, after %s, has brought its image long before, and its usage is booked', async (_what, text) => {
    script = (socket) => void socket.write(`${HEAD}\r\n${text}`)
    const before = gateway.lines.length
    const reader = new StreamReader(await gateway.post(NEW_STREAM))
    await reader.until(text)
    await reader.leave()
    await clock.advance(600_000) // nothing more comes for so long
    const settled = await eventually(
      'it is settled',
      () => gateway.parsedLines(before).find(({ totalTokens }) => totalTokens !== undefined) ?? false,
    )
    expect(settled).toMatchObject({ images: 1, totalTokens: 100, costEstimated: false })
  })

  it('is booked once where the client closes at [DONE], whether or not the upstream has closed by then', async () => {
    script = whole(`${completed(IMAGE)}data: [DONE]\n\n`)
    const text = JSON.stringify(NEW_STREAM)
    for (let count = 0; count < 5; count++) {
      const before = gateway.lines.length
      const wire = await WireClient.to(gateway.url)
      let seen = ''
      wire.socket.on('data', (chunk: Buffer) => {
        seen = seen.slice(-20) + chunk.toString('latin1')
        if (seen.includes('[DONE]')) wire.socket.destroy()
      })
      await wire.write(
        `POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
      )
      await wire.closed
      const booked = (): unknown[] => gateway.parsedLines(before).filter(({ totalTokens }) => totalTokens !== undefined)
      await eventually('it is settled', () => booked().length > 0 && gateway.app.underWay().length === 0)
      expect(booked()).toMatchObject([{ images: 1, totalTokens: 100 }])
    }
  })
})

describe('an answer of another kind than asked for', () => {
  it('in packed JSON is made a stream', async () => {
    const packed = gzipSync(JSON.stringify(imageAnswer()))
    script = (socket) =>
      void socket.write(
        Buffer.concat([
          Buffer.from(
            `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`,
          ),
          packed,
        ]),
      )
    expect(await bySdk()).toEqual({ types: ['image_generation.completed'], error: undefined })
  })

  it('in events, to a request for JSON, is made JSON, and counted', async () => {
    script = whole(partial(0, IMAGE) + completed(IMAGE))
    const response = await gateway.post({ model: 'gpt-image-2', prompt: 'a' })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({
      created: 1_620_000_000,
      size: '1024x1024',
      quality: 'high',
      background: 'transparent',
      output_format: 'png',
      usage: USAGE,
      data: [{ b64_json: IMAGE }],
    })
    expect(await gateway.logOf(response)).toMatchObject({ outcome: 'completed', images: 1, totalTokens: 100 })
  })

  it('in events, to a request for JSON, reaches the SDK as images', async () => {
    script = whole(completed(IMAGE))
    const { data, usage } = await client.images.generate({ model: 'gpt-image-2', prompt: 'a' })
    expect(data).toEqual([{ b64_json: IMAGE }])
    expect(usage?.total_tokens).toBe(100)
  })

  it('in events that break off, to a request for JSON, is an error with a status', async () => {
    script = (socket) => {
      socket.write(`${HEAD}connection: close\r\n\r\n${completed(IMAGE)}${completed(IMAGE).slice(0, 20_000)}`)
      socket.destroySoon()
    }
    const response = await gateway.post({ model: 'gpt-image-2', prompt: 'a', n: 2 })
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([502, 'false'])
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_failed' } })
  })

  it.each([
    ['nothing', ''],
    ['comments', ': a\n\n: b\n\n'],
    ['events without data', 'event: a\n\nevent: b\n\n'],
    ['partial images only', partial(0, 'AAAA')],
    ['[DONE] only', 'data: [DONE]\n\n'],
  ])('of %s is an API error, and none about JSON', async (_what, text) => {
    script = whole(text)
    const { error } = await bySdk()
    expect(error).toBeInstanceOf(APIError)
    expect(String((error as APIError).code)).toMatch(/^upstream_(failed|invalid_response)$/)
  })
})

describe('a client that reads nothing of a stream', () => {
  it('and leaves in the middle of an event has it booked', async () => {
    let end: (() => void) | undefined
    script = (socket) => {
      socket.write(`${HEAD}connection: close\r\n\r\n${partial(0, IMAGE)}${completed(IMAGE).slice(0, 20_000)}`)
      end = () => socket.end(completed(IMAGE).slice(20_000))
    }
    const wire = await WireClient.to(gateway.url)
    const text = JSON.stringify(NEW_STREAM)
    wire.socket.pause()
    const before = gateway.lines.length
    await wire.write(
      `POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    )
    await eventually('the upstream has begun', () => end !== undefined)
    await turns() // and the gateway has read that
    wire.socket.resetAndDestroy()
    await eventually('the client is seen leaving', () => gateway.lines.length > before)
    end?.()
    await eventually('it is settled', () => gateway.lines.length > before + 1)
    expect(gateway.parsedLines(before)).toMatchObject([{ outcome: 'client_left' }, { images: 1, totalTokens: 100 }])
  })
})
