import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventsAsJson } from '../../../src/gateway/answers/events-as-json.ts'
import { membersOf } from '../../../src/gateway/answers/json-members.ts'
import { completed, partial, STREAMS, USAGE } from './recorded-streams.ts'
import { cut } from './tapping.ts'
import type { GatewayError } from '../../../src/errors/gateway-error.ts'

const head = { status: 200, headers: { 'content-type': 'text/event-stream' }, modelName: 'gpt-image-2', redact: String }

interface Result {
  readonly calls: readonly string[]
  readonly refused: GatewayError | undefined
  readonly answer: Record<string, unknown> | undefined
  readonly images: number
}

function convert(chunks: readonly Buffer[], isWhole = true): Result {
  const calls: string[] = []
  const out: Buffer[] = []
  let refused: GatewayError | undefined
  const reader = new EventsAsJson(head, {
    begin: () => void calls.push('begin'),
    write: (chunk) => void (calls.push('write'), out.push(chunk)),
    end: () => void calls.push('end'),
    abort: (error) => void (calls.push('abort'), (refused = error)),
  })
  for (const chunk of chunks) reader.write(chunk)
  if (isWhole) reader.end()
  const answer = out.length === 0 ? undefined : (JSON.parse(Buffer.concat(out).toString()) as Result['answer'])
  return { calls, refused, answer, images: reader.facts.images }
}

const all = (text: string): Result => convert([Buffer.from(text)])

describe('events for an order of JSON', () => {
  it.each(STREAMS)('become one answer, or one error: $name', ({ text, facts, kinds }) => {
    const { calls, answer, images, refused } = all(text)
    expect(images).toBe(facts.images)
    if (facts.images === 0) {
      expect(calls).toEqual(['abort'])
      expect(refused?.code).toBe(kinds.includes('error') ? refused?.code : 'upstream_invalid_response')
      return
    }
    expect(calls).toEqual(['begin', 'write', 'end'])
    expect(answer?.['data']).toHaveLength(facts.images ?? 0)
  })

  it('have their images, what is said of them, and the usage once', () => {
    const text = partial(0, 'AAAA') + completed('QUJD') + completed('REVG')
    expect(all(text).answer).toEqual({
      created: 1_620_000_000,
      size: '1024x1024',
      quality: 'high',
      background: 'transparent',
      output_format: 'png',
      usage: USAGE,
      data: [{ b64_json: 'QUJD' }, { b64_json: 'REVG' }],
    })
  })

  it('keep links and revised prompts as they are written', () => {
    const event = { type: 'image_generation.completed', url: 'https://a/b?c=1&d=2', revised_prompt: 'Ein "Löwe" 🦁\n' }
    const { answer } = all(`data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`)
    expect(answer?.['data']).toEqual([{ url: event.url, revised_prompt: event.revised_prompt }])
    expect(typeof answer?.['created']).toBe('number')
  })

  it('are the same whatever the chunking', () => {
    const bytes = Buffer.from(partial(0, 'AAAA'.repeat(9000)) + completed('QUJD'.repeat(9000)))
    const whole = convert([bytes]).answer
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        expect(convert(cut(bytes, cuts)).answer).toEqual(whole)
      }),
      { numRuns: 100 },
    )
    expect(convert([...bytes].map((byte) => Buffer.from([byte]))).answer).toEqual(whole)
  })

  it('say nothing before they have ended', () => {
    expect(convert([Buffer.from(completed('QUJD'))], false).calls).toEqual([])
  })

  it('deliver the images before an error of the upstream, and the error beside them', () => {
    const failure = 'data: {"error":{"message":"no","code":"moderation_blocked"}}\n\n'
    const { answer, calls } = all(completed('QUJD') + failure)
    expect(calls).toEqual(['begin', 'write', 'end'])
    expect(answer).toMatchObject({ data: [{ b64_json: 'QUJD' }], error: { code: 'moderation_blocked' } })
    expect(all(failure)).toMatchObject({ calls: ['abort'], refused: { code: 'moderation_blocked' } })
  })

  it('are an error where they are cut off, also after an image', () => {
    expect(all(completed('QUJD') + completed('REVG'.repeat(9000)).slice(0, -400)).refused?.code).toBe('upstream_failed')
    const reader = new EventsAsJson(head, { begin: () => {}, write: () => {}, end: () => {}, abort: () => {} })
    reader.write(Buffer.from(completed('QUJD')))
    expect([reader.abort(), reader.closingBytes()]).toEqual([false, undefined])
  })
})

describe('the members of a JSON object', () => {
  const read = (text: string): object =>
    Object.fromEntries([...membersOf(Buffer.from(text))].map(({ name, value }) => [name, JSON.parse(value.toString())]))

  it('are found with their values as they are written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 2), (object, indent) => {
        expect(read(JSON.stringify(object, null, indent))).toEqual(JSON.parse(JSON.stringify(object)))
      }),
    )
  })

  it.each(['', '[]', '{', '{"a', '{"a"', '{"a":', '{"a":1', 'null', '"a":1', '{]}', '{{{{'])(
    'come to an end in what is no object: %j',
    (text) => {
      expect([...membersOf(Buffer.from(text))].length).toBeLessThanOrEqual(1)
    },
  )
})
