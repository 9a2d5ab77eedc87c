import { describe, expect, it } from 'vitest'
import { readHeaders } from '../../src/upstream/answer-headers.ts'
import { keyRedactor } from '../../src/upstream/redaction.ts'

const KEY = 'sk-Vq7Zt2Lm9XcR4bNw8KdY3hGf61728394JpS0aEu'
const read = (headers: Record<string, string | string[]>): object => readHeaders(headers, keyRedactor(KEY))

describe('a header of an answer', () => {
  it.each([
    ['content-type', 'application/json'],
    ['content-type', 'application/json; charset=utf-8'],
    ['content-type', 'Application/JSON;charset="UTF-8"'],
    ['content-type', 'text/event-stream; charset=utf-8'],
    ['content-type', 'text/html; charset=gb18030'],
    ['content-encoding', 'gzip'],
    ['content-encoding', 'GZIP, br'],
    ['content-length', '123'],
    ['retry-after', '7'],
    ['retry-after', 'Sun, 22 Nov 2026 12:00:20 GMT'],
    ['x-request-id', 'req_of-1'],
    ['x-oneapi-request-id', '20260205132859798638387SIHCnxzJ'],
    ['openai-processing-ms', '1234'],
    ['openai-version', '2020-10-01'],
  ])('is read as it is: %s: %s', (name, value) => {
    expect(read({ [name]: value })).toEqual({ [name]: value })
  })

  it.each([
    ['text/event-stream; boundary=x', 'text/event-stream'],
    ['application/json; charset=x-strange', 'application/json'],
    ['application/json; charset=utf-8; profile="https://evil.example"', 'application/json; charset=utf-8'],
    ['application/json, text/html', 'application/json'],
  ])('is read without parameters that are not known: %s', (value, kept) => {
    expect(read({ 'content-type': value })).toEqual({ 'content-type': kept })
  })

  it.each([
    ['content-type', 'application/jsonp'],
    ['content-type', 'image/png'],
    ['content-type', ''],
    ['content-encoding', ''],
    ['content-encoding', 'utf-8'],
    ['content-encoding', 'gzip br'],
    ['content-length', '+5'],
    ['content-length', '1e3'],
    ['retry-after', 'x'.repeat(65)],
    ['x-request-id', 'two words'],
    ['x-request-id', 'a'.repeat(129)],
    ['x-request-id', 'line\r\nset-cookie: a=b'],
    ['x-request-id', KEY],
    ['x-request-id', `id-${KEY.slice(7, 15)}`],
    ['openai-processing-ms', '12.5'],
    ['openai-processing-ms', '61728394'],
    ['openai-version', 'v1'],
    ['set-cookie', 'a=b'],
    ['x-channel', '42'],
    ['x-should-retry', 'true'],
  ])('is not read where it is unknown, strange, or has a part of the key: %s: %j', (name, value) => {
    expect(read({ [name]: value })).toEqual({})
  })

  it('that came twice counts once', () => {
    expect(read({ 'content-type': ['text/event-stream', 'application/json'] })).toEqual({
      'content-type': 'text/event-stream',
    })
    expect(read({ 'x-request-id': [] })).toEqual({})
  })
})
