import { describe, expect, it } from 'vitest'
import { judgeAnswer } from '../../src/gateway/answers/judge-answer.ts'
import { createRedactor } from '../../src/telemetry/logging.ts'
import { factsOfWhole } from '../../src/gateway/answers/answer-facts.ts'
import { PLANTED_KEY, seen } from './translating.ts'
import type { GatewayError } from '../../src/errors/gateway-error.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** The verdict on an answer that is known whole. */
function judge(
  body: string,
  headers: Record<string, string> = { 'content-type': JSON_TYPE },
  status = 200,
): GatewayError | undefined {
  const head = Buffer.from(body)
  return judgeAnswer({
    status,
    headers,
    body: () => head,
    isWhole: true,
    facts: factsOfWhole(head),
    modelName: 'gpt-image-2',
    redact: createRedactor([PLANTED_KEY]),
  })
}

const INVALID = [502, 'upstream_invalid_response', 'upstream_error', null, false]

describe('a 2xx with images', () => {
  it.each([
    ['in base64', '{"created":1,"data":[{"b64_json":"AA=="}]}'],
    ['by address', '{"created":1,"data":[{"url":"https://example.com/a.png"}]}'],
    ['one of two empty', '{"data":[{"url":""},{"url":"https://example.com/a.png"}]}'],
    ['beside an empty error', '{"data":[{"url":"a"}],"error":{"message":"","code":0}}'],
    ['beside an error', '{"data":[{"url":"a"}],"error":{"message":"one of two failed"}}'],
    ['one level deeper', '{"data":{"data":[{"url":"a"}]}}'],
  ])('goes to the client as it is: %s', (_what, body) => {
    expect(judge(body)).toBeUndefined()
  })
})

describe('a 2xx without images', () => {
  it.each([
    ['an error', '{"error":{"message":"no","code":"bad_response"}}', 'status 200 and an error'],
    ['an error in words', '{"error":"no","data":[]}', 'status 200 and an error'],
    ['broken JSON', '{"data":[{"url":"a"', 'something that is not JSON'],
    ['a list', '[]', 'something that is not JSON'],
    ['text', 'ok', 'something that is not JSON'],
    ['nothing', '', 'something that is not JSON'],
    ['no data', '{"created":1}', 'no image data'],
    ['data: null', '{"created":1,"data":null}', 'no image data'],
    ['images of empty strings', '{"data":[{"url":"","b64_json":""}]}', 'no image data'],
  ])('is a 502: %s', (_what, body, words) => {
    const error = judge(body)
    expect(error === undefined ? undefined : seen(error)).toEqual(INVALID)
    expect(error?.message).toBe(`CometAPI answered with ${words} instead of images.`)
  })

  it('is called an HTML page where it is one', () => {
    expect(judge('<!doctype html>', { 'content-type': 'text/html' })?.message).toContain('an HTML page')
  })

  it.each(['{"created":1,"data":[]}', '{"data":{"data":[]}}'])('is a refusal where the list is empty: %s', (body) => {
    const error = judge(body)
    expect(error === undefined ? undefined : seen(error)).toEqual([
      400,
      'moderation_blocked',
      'image_generation_user_error',
      'prompt',
      false,
    ])
    expect(error?.message).toContain('filtered')
  })

  it('names the upstream’s code in a header, keys taken out', () => {
    expect(judge('{"error":{"code":"bad_response"}}')?.headers).toMatchObject({
      'x-gateway-upstream-status': '200',
      'x-gateway-upstream-code': 'bad_response',
    })
    expect(JSON.stringify(judge(`{"error":{"code":"${PLANTED_KEY}"}}`)?.headers)).not.toContain(PLANTED_KEY)
  })
})
