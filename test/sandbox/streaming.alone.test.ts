import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { beginStream, sendText } from '../../sandbox/comet/event-stream.ts'
import { encodeRaster } from '../../sandbox/painter/raster.ts'
import { openExchange } from '../../sandbox/comet/wire.ts'
import { eventually } from '../helpers/eventually.ts'
import { StreamReader } from '../helpers/stream-reader.ts'
import { atRest } from '../helpers/time/turns.ts'
import { UpstreamServer } from '../helpers/upstream-server.ts'
import { dataOf, generate, pictureOf, sandbox } from './calling.ts'
import { difference, look } from './pixels.ts'
import { eventsOf, pictureIn, stream } from './streams.ts'

vi.mock('../../sandbox/painter/raster.ts', { spy: true })
vi.mock('node:timers/promises', { spy: true })

const { url } = await sandbox()
const ORDER = {
  model: 'gpt-image-2',
  prompt: 'A lighthouse at dusk',
  size: '1024x640',
  output_format: 'webp',
  stream: true,
}

describe('a stream of a GPT image model', async () => {
  const answer = await generate(url, { ...ORDER, partial_images: 3 })
  const events = eventsOf(answer.text)
  const pictures = events.map(pictureIn)
  const final = pictures[3] ?? Buffer.alloc(0)

  it('brings the partial images and then the finished one, in the documented form', () => {
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    expect(answer.headers.get('x-oneapi-request-id')).toMatch(/^\d{23}\w{8}$/)
    expect(answer.text).not.toContain('[DONE]')
    const kinds = ['partial_image', 'partial_image', 'partial_image', 'completed']
    const names = kinds.map((kind) => `image_generation.${kind}`)
    expect(events.map(({ name }) => name)).toEqual(names)
    expect(events.map(({ data }) => data['type'])).toEqual(names)
    const common = ['type', 'b64_json', 'created_at', 'size', 'quality', 'background', 'output_format']
    const last = ['partial_image_index', 'partial_image_index', 'partial_image_index', 'usage']
    expect(events.map(({ data }) => Object.keys(data))).toEqual(last.map((key) => [...common, key]))
    expect(events.map(({ data }) => data['partial_image_index'])).toEqual([0, 1, 2, undefined])
    const decided = { size: '1024x640', quality: 'low', background: 'opaque', output_format: 'webp' }
    for (const { data } of events) expect(data).toMatchObject(decided)
  })

  it('sharpens step by step, each step a whole picture', async () => {
    expect(await Promise.all(pictures.map(look))).toEqual(Array(4).fill('webp 1024x640'))
    const [first = 0, second = 0, third = 0] = await Promise.all(pictures.map((one) => difference(one, final)))
    expect(first).toBeGreaterThan(second * 1.3)
    expect(second).toBeGreaterThan(third * 1.3)
    expect(third).toBeGreaterThan(0.5)
  })

  it('ends in the same picture as an answer in one piece, in which no partial image counts', async () => {
    const whole = await generate(url, { ...ORDER, stream: false, partial_images: 3 })
    expect(dataOf(whole)).toHaveLength(1)
    expect(await difference(final, pictureOf(whole))).toBeLessThan(0.01)
    expect(whole.body.usage?.output_tokens).toBe(107)
  })

  it('counts 100 tokens for each partial image', async () => {
    const plain = eventsOf((await generate(url, ORDER)).text)
    expect(plain.map(({ name }) => name)).toEqual(['image_generation.completed'])
    const usage = plain[0]?.data['usage']
    expect(usage).toEqual({
      total_tokens: 118,
      input_tokens: 11,
      output_tokens: 107,
      input_tokens_details: { text_tokens: 11, image_tokens: 0 },
    })
    expect(Object.keys(Object(usage))).toEqual([
      'total_tokens',
      'input_tokens',
      'output_tokens',
      'input_tokens_details',
    ])
    expect(events.at(-1)?.data['usage']).toMatchObject({ output_tokens: 407, total_tokens: 418 })
  })

  it('finishes n pictures one after the other', async () => {
    const both = eventsOf((await generate(url, { ...ORDER, n: 2, partial_images: 1 })).text)
    const kinds = both.map(({ name, data }) => [name.split('.')[1], data['partial_image_index']])
    expect(kinds).toEqual([
      ['partial_image', 0],
      ['completed', undefined],
      ['partial_image', 0],
      ['completed', undefined],
    ])
    expect(await difference(pictureIn(both[1]), pictureIn(both[3]))).toBeGreaterThan(3)
  })

  it.each(['gif', 'svg'])('cannot bring its steps as %s', async (output_format) => {
    const order = { ...ORDER, model: 'gpt-image-2.6-flare', output_format, partial_images: 1 }
    const { status, error } = await generate(url, order)
    expect([status, error.code, error.param]).toEqual([400, 'unsupported_parameter', 'stream'])
  })

  it('is refused before it begins like any other request', async () => {
    const blocked = await generate(url, { ...ORDER, prompt: 'forbidden' })
    expect([blocked.status, blocked.error.code]).toEqual([400, 'moderation_blocked'])
    expect(blocked.headers.get('content-type')).toContain('application/json')
  })
})

describe('a stream of Seedream', () => {
  const SEEDREAM = { model: 'doubao-seedream-4-5-251128', prompt: 'a whale', size: '1920x1920', stream: true }

  it('brings an event for each picture, then the usage, then [DONE]', async () => {
    const sequence = { sequential_image_generation: 'auto', sequential_image_generation_options: { max_images: 2 } }
    const { text } = await generate(url, { ...SEEDREAM, ...sequence })
    const events = eventsOf(text)
    expect(text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true)
    const names = ['partial_succeeded', 'partial_succeeded', 'completed'].map((name) => `image_generation.${name}`)
    expect(events.map(({ name }) => name)).toEqual(names)
    expect(events.map(({ data }) => data['image_index'])).toEqual([0, 1, undefined])
    expect(events[0]?.data).toMatchObject({ type: names[0], model: SEEDREAM.model, size: '1920x1920' })
    const file = await fetch(String(events[1]?.data['url']))
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
    await file.body?.cancel()
    expect(events[2]?.data['usage']).toEqual({ generated_images: 2, output_tokens: 28_800, total_tokens: 28_800 })
  })

  it('brings base64 when asked', async () => {
    const { text } = await generate(url, { ...SEEDREAM, response_format: 'b64_json' })
    expect(await look(pictureIn(eventsOf(text)[0]))).toBe('jpeg 1920x1920')
  })
})

describe('the time of a stream', () => {
  it('begins with the head, and is spread over the events', async () => {
    const waits: { readonly ms: number | undefined; readonly end: () => void }[] = []
    vi.mocked(sleep).mockImplementation(
      async (ms) => new Promise<never>((end) => waits.push({ ms, end: end as () => void })),
    )
    const slow = await sandbox({ latencyMs: 600, random: () => 0 })
    const response = await stream(slow.url, { ...ORDER, partial_images: 3 }) // its head is there before any wait is over
    const reader = new StreamReader(response)
    for (const count of [1, 2, 3, 4]) {
      await eventually('the sandbox takes its time', () => waits.length === count)
      waits.at(-1)?.end()
      await reader.until('event: ')
    }
    await reader.rest()
    vi.mocked(sleep).mockReset()
    // 600 ms, 0.6 of it for low quality, 0.8 of that by the dice: 288 ms in four steps.
    expect(waits.map(({ ms = 0 }) => Math.round(ms))).toEqual([72, 72, 72, 72])
  })

  it('ends for the sandbox when the client leaves: nothing more is drawn', async () => {
    const drawn = vi.mocked(encodeRaster)
    drawn.mockClear()
    const left = await sandbox()
    const leaving = new AbortController()
    const response = await stream(left.url, { ...ORDER, n: 10, partial_images: 3 }, { signal: leaving.signal })
    await response.body?.getReader().read()
    leaving.abort()
    await left.close() // it has seen its client leave
    const pictures = await atRest(() => drawn.mock.calls.length)
    expect(pictures).toBeGreaterThan(0)
    expect(pictures).toBeLessThan(20) // of 40
  })

  it('stands still while the client does not read, and ends when it goes', async () => {
    let sent = 0
    const ended = Promise.withResolvers<void>()
    const server = new UpstreamServer({
      onRequest: (request, response) => {
        const exchange = openExchange(request, response, 'http://x')
        const sending = async (): Promise<void> => {
          beginStream(exchange)
          while (sent < 100 && (await sendText(exchange, 'x'.repeat(1024 * 1024)))) sent += 1
          ended.resolve()
        }
        sending().catch(ended.reject)
      },
    })
    await server.listen()
    const leaving = new AbortController()
    await fetch(server.url, { signal: leaving.signal })
    expect(await atRest(() => sent)).toBeLessThan(50)
    leaving.abort()
    await ended.promise
    await server.close()
  })
})
