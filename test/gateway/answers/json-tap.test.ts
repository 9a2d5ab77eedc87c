import { describe, expect, it } from 'vitest'
import { factsOfWhole } from '../../../src/gateway/answers/answer-facts.ts'
import { JsonTap } from '../../../src/gateway/answers/json-tap.ts'
import { bytewise, tapped } from './tapping.ts'
import type { AnswerFacts } from '../../../src/gateway/answers/answer-facts.ts'

const USAGE = '{"input_tokens":16,"output_tokens":208,"total_tokens":224}'
const READ = { inputTokens: 16, outputTokens: 208, totalTokens: 224 }

const NOTHING: AnswerFacts = {
  isObject: true,
  isComplete: true,
  elements: undefined,
  images: 0,
  partialImages: 0,
  usage: undefined,
  error: undefined,
  size: undefined,
  quality: undefined,
}

/** Answers and what they say (facts 1.2, 1.4, 1.8). */
const ANSWERS: readonly [what: string, body: string, facts: Partial<AnswerFacts>][] = [
  ['two images', '{"data":[{"b64_json":"AA=="},{"b64_json":"BB=="}]}', { elements: 2, images: 2 }],
  ['an image by its address', '{"data":[{"url":"https://example.com/a.png?x=1&y=2"}]}', { elements: 1, images: 1 }],
  ['no images', '{"created":1,"data":[]}', { elements: 0, images: 0 }],
  ['empty strings for images', '{"data":[{"url":"","b64_json":"","revised_prompt":""}]}', { elements: 1, images: 0 }],
  ['a revised prompt without an image', '{"data":[{"revised_prompt":"A boat","url":""}]}', { elements: 1, images: 0 }],
  ['a size without an image', '{"data":[{"size":"2048x2048","url":null}]}', { elements: 1, images: 0 }],
  ['images one level deeper', '{"data":{"data":[{"url":"a"},{"url":"b"},{"url":""}]}}', { elements: 3, images: 2 }],
  ['images two levels deeper, which nobody has seen', '{"data":{"data":{"data":[{"url":"a"}]}}}', {}],
  ['elements of all kinds', '{"data":[1,"s",null,true,{},[],["x"],{"url":"a"}]}', { elements: 8, images: 2 }],
  ['text where the list should be', '{"data":"AA=="}', {}],
  ['an image inside of an image', '{"data":[{"image":{"url":"a"}}]}', { elements: 1, images: 0 }],
  ['a list that is not data', '{"images":[{"url":"a"}]}', {}],
  ['an empty error', '{"error":{"message":"","code":0,"type":null}}', {}],
  ['no error', '{"error":null}', {}],
  ['error: false', '{"error":false}', {}],
  ['an error', '{"error":{"message":"no","code":"x"}}', { error: { message: 'no', code: 'x' } }],
  ['an error in words', '{"error":"no"}', { error: 'no' }],
  ['labels', '{"size":"1536x1024","quality":"high"}', { size: '1536x1024', quality: 'high' }],
  ['labels that are numbers', '{"size":1024,"quality":1}', {}],
  ['empty labels', '{"size":"","quality":""}', {}],
  [
    'a label in another alphabet',
    '{"quality":"高清高清高清高清高清高清高清高清高清高清高清高清"}',
    { quality: '高清'.repeat(12) },
  ],
  ['nothing', '{}', {}],
  ['space', ' \r\n\t{ \n } \n', {}],
]

/** Usage in places and spellings. */
const USAGES: readonly [what: string, body: string, isRead: boolean][] = [
  ['at the top', `{"usage":${USAGE}}`, true],
  ['after the images', `{"data":[{"b64_json":"AA"}],"usage":${USAGE}}`, true],
  ['before the images', `{"usage":${USAGE},"data":[{"b64_json":"AA"}]}`, true],
  ['under an escaped name', `{"us\\u0061ge":${USAGE}}`, true],
  ['under a name escaped all through', `{"\\u0075\\u0073\\u0061\\u0067\\u0065":${USAGE}}`, true],
  ['with space around it', `{ "usage" \n : \t ${USAGE} }`, true],
  ['inside of a string', `{"note":"\\"usage\\":${USAGE.replaceAll('"', String.raw`\"`)}"}`, false],
  ['inside of another object', `{"meta":{"usage":${USAGE}}}`, false],
  ['inside of an image', `{"data":[{"url":"a","usage":${USAGE}}]}`, false],
  ['inside of data', `{"data":{"usage":${USAGE},"data":[]}}`, false],
  ['under a name in capitals', `{"Usage":${USAGE}}`, false],
  ['under a longer name', `{"usage_total":${USAGE}}`, false],
  ['as text', `{"usage":"${USAGE.replaceAll('"', String.raw`\"`)}"}`, false],
  ['in a list at the top', `[{"usage":${USAGE}}]`, false],
]

describe.each([
  ['a tap', (body: Buffer) => tapped([body])],
  ['a tap fed byte by byte', (body: Buffer) => tapped(bytewise(body))],
  ['parsing it whole', factsOfWhole],
])('%s', (_name, read) => {
  it.each(ANSWERS)('finds %s', (_what, body, facts) => {
    expect(read(Buffer.from(body))).toEqual({ ...NOTHING, ...facts })
  })

  it.each(USAGES)('looks for usage %s: %s', (_what, body, isRead) => {
    const { usage } = read(Buffer.from(body))
    expect(usage === undefined ? undefined : { ...usage }).toEqual(isRead ? expect.objectContaining(READ) : undefined)
  })

  it.each(['', ' ', 'null', '5', '"text"', 'true', '<html>', '[]', '[{"data":[]}]', 'data: {"a":1}'])(
    'finds no object in %j',
    (body) => {
      expect(read(Buffer.from(body))).toMatchObject({
        isObject: false,
        elements: undefined,
        images: 0,
        usage: undefined,
      })
    },
  )

  it('reads past a byte order mark', () => {
    expect(read(Buffer.from('\ufeff{"data":[]}'))).toMatchObject({ isObject: true, isComplete: true, elements: 0 })
  })

  it.each(['[]', '<p>{}</p>'])('does not call %j a complete object', (body) => {
    expect(read(Buffer.from(body)).isComplete).toBe(false)
  })

  it.each(['{"data":[]} x', '{"data":[]}{}', '{"data":[]},', '{"data":[]}]'])('does not call %j complete', (body) => {
    expect(read(Buffer.from(body)).isComplete).toBe(false)
  })
})

describe('the last of two members with the same name counts, as in JSON.parse', () => {
  it.each([
    ['usage', `{"usage":{"input_tokens":1},"usage":${USAGE}}`],
    ['usage, at last null', `{"usage":${USAGE},"usage":null}`],
    ['error', '{"error":{"message":"no"},"error":null}'],
    ['lists of images', '{"data":[{"url":"a"},{"url":"b"}],"data":[{"url":"c"}]}'],
    ['a list of images, then text', '{"data":[{"url":"a"}],"data":"none"}'],
    ['a list of images, then an object', '{"data":[{"url":"a"}],"data":{"x":1}}'],
  ])('%s', (_what, text) => {
    const body = Buffer.from(text)
    expect(tapped([body])).toEqual(factsOfWhole(body))
  })
})

describe('a name that is longer than any of interest', () => {
  it.each(['usage', 'error', 'data'])('is not taken for %s, wherever it is cut', (name) => {
    const body = Buffer.from(`{"${name}${'x'.repeat(70)}":${name === 'data' ? '[{"url":"a"}]' : USAGE}}`)
    const misread = Array.from(body, (_, at) => at).filter((at) => {
      const { usage, error, elements } = tapped([body.subarray(0, at), body.subarray(at)])
      return usage !== undefined || error !== undefined || elements !== undefined
    })
    expect(misread).toEqual([])
  })
})

describe('what has been read so far', () => {
  it('can be asked for at any time', () => {
    const tap = new JsonTap()
    tap.write(Buffer.from(`{"usage":${USAGE},"data":[{"b64_json":"AA`))
    expect(tap.facts()).toMatchObject({ isObject: true, isComplete: false, elements: 1, images: 0, usage: READ })
    tap.write(Buffer.from('AA"},{"b64_json":"BB"}]}'))
    expect(tap.facts()).toMatchObject({ isComplete: true, elements: 2, images: 2, usage: READ })
  })
})
