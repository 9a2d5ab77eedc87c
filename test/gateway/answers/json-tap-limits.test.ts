import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { JsonTap } from '../../../src/gateway/answers/json-tap.ts'
import { tapped } from './tapping.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const MIB = 1024 * 1024
const CHUNK = Buffer.alloc(64 * 1024, 'iVBORw0KGgo')
/** 50 MiB in chunks, none of which exists before it is asked for. */
const CHUNKS = 800

const USAGE = '{"input_tokens":16,"output_tokens":208,"total_tokens":224}'

/** Bytes that the process holds for JavaScript, buffers included; those are let go in the background. */
async function held(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Writes 50 MiB between a beginning and an end; gives the tap and how much the process grew. */
async function writeLong(
  beginning: string,
  end: string,
  chunk: Buffer = CHUNK,
): Promise<{ tap: JsonTap; grown: number }> {
  const tap = new JsonTap()
  tap.write(Buffer.from(beginning))
  const before = await held()
  for (let index = 0; index < CHUNKS; index++) tap.write(Buffer.from(chunk))
  const grown = (await held()) - before
  tap.write(Buffer.from(end))
  return { tap, grown }
}

describe('the memory of a tap does not grow with', () => {
  it.each([
    [
      'an image of 50 MiB',
      '{"data":[{"b64_json":"',
      `"}],"usage":${USAGE}}`,
      { images: 1, usage: { outputTokens: 208 } },
    ],
    ['a name of 50 MiB', '{"', `":1,"usage":${USAGE}}`, { usage: { outputTokens: 208 } }],
    ['a usage of 50 MiB', '{"usage":{"note":"', '"},"data":[{"url":"a"}]}', { images: 1, usage: undefined }],
    ['an error of 50 MiB', '{"error":{"message":"', '"},"data":[]}', { error: true, elements: 0 }],
    ['a size of 50 MiB', '{"size":"', '","data":[{"url":"a"}]}', { images: 1, size: undefined }],
    ['a revised prompt of 50 MiB', '{"data":[{"revised_prompt":"', `"}],"usage":${USAGE}}`, { images: 0, elements: 1 }],
  ])('%s', async (_what, beginning, end, facts) => {
    const { tap, grown } = await writeLong(beginning, end)
    expect(grown).toBeLessThan(MIB)
    expect(tap.facts()).toMatchObject({ isObject: true, isComplete: true, ...facts })
  })

  it('fifty thousand images', async () => {
    const one = Buffer.from('{"b64_json":"AAAA"},')
    const { tap, grown } = await writeLong(
      '{"data":[',
      `{"url":"a"}],"usage":${USAGE}}`,
      Buffer.concat(Array<Buffer>(64).fill(one)),
    )
    expect(grown).toBeLessThan(MIB)
    expect(tap.facts()).toMatchObject({ isComplete: true, elements: 51_201, images: 51_201 })
  })
})

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
