import { describe, expect, it } from 'vitest'
import { tapped } from './tapping.ts'

const USAGE = '{"input_tokens":16,"output_tokens":208,"total_tokens":224}'

describe('a nesting of 100,000 levels', () => {
  const deep = 100_000

  it.each([
    ['of lists', '['.repeat(deep), ']'.repeat(deep)],
    ['of objects', '{"data":'.repeat(deep), `1${'}'.repeat(deep)}`],
  ])('%s is passed over', (_what, open, close) => {
    const body = Buffer.from(`{"x":${open}${close},"data":[{"url":"a"}],"usage":${USAGE}}`)
    expect(tapped([body])).toMatchObject({ isComplete: true, elements: 1, images: 1, usage: { outputTokens: 208 } })
  })

  it('inside of an image leaves the count of images right', () => {
    const body = Buffer.from(`{"data":[{"url":"a","x":${'['.repeat(deep)}${']'.repeat(deep)}},{"url":"b"}]}`)
    expect(tapped([body])).toMatchObject({ isComplete: true, elements: 2, images: 2 })
  })

  it('that never ends is not complete', () => {
    expect(tapped([Buffer.from(`{"x":${'['.repeat(deep)}`)])).toMatchObject({ isObject: true, isComplete: false })
  })
})

describe('a value that is larger than what is kept', () => {
  it('of usage counts as not reported', () => {
    const usage = USAGE.replace('}', `,"note":"${'x'.repeat(16_384)}"}`)
    expect(tapped([Buffer.from(`{"usage":${usage},"data":[{"url":"a"}]}`)])).toMatchObject({
      usage: undefined,
      images: 1,
      isComplete: true,
    })
  })

  it('of usage is still read just below the limit', () => {
    const usage = USAGE.replace('}', `,"note":"${'x'.repeat(16_000)}"}`)
    expect(tapped([Buffer.from(`{"usage":${usage}}`)]).usage).toMatchObject({ outputTokens: 208 })
  })

  it('of error is still an error', () => {
    expect(tapped([Buffer.from(`{"error":{"message":"${'x'.repeat(20_000)}"}}`)]).error).toBe(true)
  })

  it('does not hide a smaller one of the same name after it', () => {
    const body = Buffer.from(`{"usage":{"note":"${'x'.repeat(20_000)}"},"usage":${USAGE}}`)
    expect(tapped([body]).usage).toMatchObject({ outputTokens: 208 })
  })
})

describe('an answer that is cut off', () => {
  const body = Buffer.from(
    `{"created":1776841943,"usage":${USAGE},"error":null,"size":"1024x1024","data":[{"b64_json":"AA\\"\\\\==","x":[1,{"y":"\\u00e9é🦊"}]},{"url":"b"}]}`,
  )

  it('is complete with its last byte and not before', () => {
    const complete = Array.from(
      { length: body.length + 1 },
      (_, length) => tapped([body.subarray(0, length)]).isComplete,
    )
    expect(complete.indexOf(true)).toBe(body.length)
  })

  it('keeps the usage that came before the cut', () => {
    const beforeData = body.indexOf('"data"')
    expect(tapped([body.subarray(0, beforeData)])).toMatchObject({
      isComplete: false,
      usage: { inputTokens: 16, outputTokens: 208 },
    })
  })

  it('says nothing of a usage that it cuts', () => {
    const insideUsage = body.indexOf('"output_tokens"')
    expect(tapped([body.subarray(0, insideUsage)]).usage).toBeUndefined()
  })
})
