import fc from 'fast-check'
import { APIError } from 'openai'
import { Stream } from 'openai/streaming'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/errors/gateway-error.ts'
import { EventAnswer } from '../../../src/gateway/answers/event-answer.ts'
import { JsonAsEvents } from '../../../src/gateway/answers/json-as-events.ts'
import { imageAnswer } from '../../helpers/upstream.ts'
import { completed, partial, STREAMS } from './recorded-streams.ts'
import { cut } from './tapping.ts'
import type { AnswerOutput, AnswerReader } from '../../../src/gateway/answers/answer.ts'

/** Longer than what waits for the end of its event. */
const IMAGE = 'iVBORw0KGgo'.repeat(4000)
const STREAM = partial(0, IMAGE) + partial(1, IMAGE) + completed(IMAGE)
const BROKEN = new GatewayError('upstream_failed', 'The connection broke.')

interface Result {
  readonly accepted: boolean
  readonly refused: GatewayError | undefined
  readonly bytes: Buffer
  /** The same with what is said at a break after it. */
  readonly broken: Buffer | undefined
}

type MakeReader = (output: AnswerOutput) => AnswerReader

const head = { status: 200, headers: { 'content-type': 'text/event-stream' }, modelName: 'gpt-image-2', redact: String }
const events: MakeReader = (output) => new EventAnswer(head, output)
const json: MakeReader = (output) =>
  new JsonAsEvents({ ...head, headers: { 'content-type': 'application/json' } }, output, 'image_edit')

function relayed(make: MakeReader, chunks: readonly Buffer[], isWhole: boolean): Result {
  const out: Buffer[] = []
  let accepted = false
  let refused: GatewayError | undefined
  const reader = make({
    begin: () => void (accepted = true),
    write: (chunk) => void out.push(Buffer.from(chunk)),
    end: () => {},
    abort: (error) => void (refused ??= error),
  })
  for (const chunk of chunks) if (refused === undefined) reader.write(chunk)
  if (isWhole && refused === undefined) reader.end()
  const bytes = Buffer.concat(out)
  const words = reader.closingBytes(refused ?? BROKEN)
  return { accepted, refused, bytes, broken: words === undefined ? undefined : Buffer.concat([bytes, words]) }
}

/** The SDK's reading of it: the events, and the error that it throws. */
async function decoded(bytes: Buffer): Promise<{ events: Record<string, unknown>[]; error: unknown }> {
  const list: Record<string, unknown>[] = []
  try {
    const stream = Stream.fromSSEResponse<Record<string, unknown>>(
      new Response(new Uint8Array(bytes)),
      new AbortController(),
    )
    for await (const event of stream) list.push(event)
  } catch (error) {
    return { events: list, error }
  }
  return { events: list, error: undefined }
}

describe('a stream that is relayed', () => {
  it('keeps the LF of its last CRLF where that comes by itself', () => {
    const bytes = Buffer.from(STREAM.replaceAll('\n', '\r\n'))
    expect(relayed(events, cut(bytes, [bytes.length - 1]), true).bytes.equals(bytes)).toBe(true)
  })

  it('is handed on byte for byte, wherever it is split', () => {
    const bytes = Buffer.from(STREAM)
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 10 }), (cuts) => {
        expect(relayed(events, cut(bytes, cuts), true).bytes.equals(bytes)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it.each(STREAMS.filter(({ kinds }) => !kinds.includes('error') && !kinds.includes('unreadable')))(
    'reaches the SDK in every form: $name',
    async ({ text, facts }) => {
      const { bytes, refused } = relayed(events, [Buffer.from(text)], true)
      if (facts.images === 0) return expect(refused?.code).toBe('upstream_invalid_response')
      expect(refused).toBeUndefined()
      // At a member `error` the SDK stops, whatever is in it: Seedream's for one image of several, an empty one.
      if (!text.includes('"error"')) expect((await decoded(bytes)).error).toBeUndefined()
    },
  )

  it('is told its failure wherever the upstream breaks off: the SDK raises an API error, never one about JSON', async () => {
    const bytes = Buffer.from(STREAM)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.array(fc.nat(), { maxLength: 4 }), async (end, cuts) => {
        const { accepted, broken } = relayed(events, cut(bytes.subarray(0, end), cuts), false)
        if (!accepted) return
        const { events: list, error } = await decoded(broken ?? Buffer.alloc(0))
        expect(error).toBeInstanceOf(APIError)
        expect((error as APIError).code).toBe('upstream_failed')
        expect(list.length).toBeLessThanOrEqual(3)
        for (const event of list) expect(event['b64_json']).toBe(IMAGE)
      }),
      { numRuns: 300 },
    )
  })

  it('can be closed in the middle of escapes and characters of several bytes', async () => {
    const text = JSON.stringify({
      type: 'x',
      revised_prompt: '\\"€🦁\\\\n\u0001'.repeat(3000),
      b64_json: 'A',
    }).replaceAll('🦁', '\\ud83e\\udd81')
    const bytes = Buffer.from(`data: ${text}\n\n`)
    for (let end = 20_000; end < 20_080; end++) {
      const { broken } = relayed(events, [bytes.subarray(0, end)], false)
      expect((await decoded(broken ?? Buffer.alloc(0))).error).toBeInstanceOf(APIError)
      expect(broken?.toString('utf8')).not.toContain('\uFFFD')
    }
  })

  it('ends with an error where it ends without an image', async () => {
    const { refused, broken } = relayed(events, [Buffer.from(`${partial(0, 'AAAA')}data: [DONE]\n\n`)], true)
    expect(refused?.code).toBe('upstream_invalid_response')
    expect((await decoded(broken ?? Buffer.alloc(0))).error).toBeInstanceOf(APIError)
  })

  it('gets the empty line that its last event lacks', async () => {
    for (const missing of [1, 2]) {
      const { bytes, refused } = relayed(events, [Buffer.from(completed(IMAGE).slice(0, -missing))], true)
      expect(refused).toBeUndefined()
      expect((await decoded(bytes)).events).toHaveLength(1)
    }
  })

  it('loses the events at which an SDK would stumble, and no other', async () => {
    const junk = `event: ping\n\ndata: ping\n\ndata:\n\n`
    const { bytes } = relayed(events, [Buffer.from(junk + partial(0, 'AAAA') + junk + completed('BBBB'))], true)
    expect(bytes.toString()).toBe(partial(0, 'AAAA') + completed('BBBB'))
  })
})

describe('an error in a stream', () => {
  const error = {
    message: 'Your request was rejected by the safety system. request ID req_abc123.',
    type: 'image_generation_user_error',
    code: 'moderation_blocked',
  }

  it.each([
    ['an object', `data: ${JSON.stringify({ error })}\n\n`],
    ['flat', `event: error\ndata: ${JSON.stringify({ ...error, type: 'error' })}\n\n`],
    ['plain JSON', JSON.stringify({ error })],
  ])('is an answer of its own while nothing has gone out: %s', (_name, text) => {
    const { accepted, refused } = relayed(events, [Buffer.from(text)], true)
    expect(accepted).toBe(false)
    expect(refused).toMatchObject({ code: 'moderation_blocked', status: 400 })
    expect(refused?.message).not.toContain('req_abc123')
  })

  it.each([
    ['an object', `data: ${JSON.stringify({ error })}\n\n`],
    ['flat', `event: error\ndata: ${JSON.stringify({ ...error, type: 'error' })}\n\n`],
    ['no JSON', 'event: error\ndata: it broke\n\n'],
  ])('reaches the SDK as an API error after the images before it: %s', async (_name, text) => {
    const { broken } = relayed(events, [Buffer.from(partial(0, IMAGE) + text)], true)
    const { events: list, error: thrown } = await decoded(broken ?? Buffer.alloc(0))
    expect(list).toHaveLength(1)
    expect(thrown).toBeInstanceOf(APIError)
  })
})

describe('a JSON answer to a request for a stream', () => {
  const answer = imageAnswer({ data: [{ b64_json: IMAGE, revised_prompt: 'a\nb' }, { url: 'https://cdn/2.png' }] })

  it.each([
    ['compact', JSON.stringify(answer)],
    ['indented', JSON.stringify(answer, null, 2)],
    ['with its usage at the end', JSON.stringify({ data: answer['data'], ...answer })],
  ])('becomes one event for each image, the usage on the last: %s', async (_name, text) => {
    const bytes = Buffer.from(text)
    const whole = relayed(json, [bytes], true)
    const { events: list, error } = await decoded(whole.bytes)
    expect(error).toBeUndefined()
    const shared = {
      type: 'image_edit.completed',
      created_at: answer['created'],
      size: '1024x1024',
      quality: 'low',
      background: 'opaque',
      output_format: 'jpeg',
    }
    expect(list).toEqual([
      { ...shared, b64_json: IMAGE, revised_prompt: 'a\nb' },
      { ...shared, url: 'https://cdn/2.png', usage: answer['usage'] },
    ])
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), (cuts) => {
        expect(relayed(json, cut(bytes, cuts), true).bytes.toString()).toBe(whole.bytes.toString())
      }),
      { numRuns: 100 },
    )
  })

  it('is told its failure wherever the upstream breaks off', async () => {
    const bytes = Buffer.from(JSON.stringify(imageAnswer({ data: [{ b64_json: IMAGE.repeat(3) }] })))
    for (let end = 70_000; end < bytes.length; end += 997) {
      const { accepted, refused, broken } = relayed(json, [bytes.subarray(0, end)], true)
      expect(accepted).toBe(true)
      expect(refused?.code).toBe('upstream_failed')
      expect((await decoded(broken ?? Buffer.alloc(0))).error).toBeInstanceOf(APIError)
    }
  })

  it('stays an answer of its own where it is an error', () => {
    const { accepted, refused } = relayed(
      json,
      [Buffer.from('{"error":{"message":"no","code":"moderation_blocked"}}')],
      true,
    )
    expect(accepted).toBe(false)
    expect(refused?.code).toBe('moderation_blocked')
  })
})
