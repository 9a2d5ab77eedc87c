import { gzipSync } from 'node:zlib'
import { chunked } from '../../gateway/uploads/wire-client.ts'
import { imageAnswer } from '../../helpers/upstream.ts'
import type { Random } from './random.ts'

/** The bytes of an upstream's answer, and whether it keeps the connection open behind them for a moment. */
export interface UpstreamAnswer {
  readonly packets: readonly Buffer[]
}

const STATUSES = [
  200, 200, 200, 200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504,
]
const TYPES = ['application/json', 'application/json', 'text/event-stream', 'text/html', 'text/plain', '', 'image/png']

/** An answer as it should be. */
export function goodAnswer(random: Random): UpstreamAnswer {
  const body = Buffer.from(JSON.stringify(imageAnswer({ data: [{ b64_json: 'A'.repeat(random.size(400_000)) }] })))
  return { packets: [head(200, { 'content-type': 'application/json', 'content-length': String(body.length) }), body] }
}

/** An answer of any kind: images, events, errors, pages, in any framing, whole or not. */
export function strangeAnswer(random: Random): UpstreamAnswer {
  const status = random.pick(STATUSES)
  const type = random.pick(TYPES)
  const content = contentOf(random, type)
  const isPacked = random.percent(5)
  const body = isPacked ? gzipSync(content) : content
  const headers: Record<string, string> = { 'content-type': type, ...(isPacked ? { 'content-encoding': 'gzip' } : {}) }
  // After a 429 or 503 the gateway heeds it, and asks for no more orders of the model meanwhile.
  const isPause = status === 429 || status === 503
  if (random.percent(20)) headers['retry-after'] = random.pick(isPause ? ['1', 'x'] : ['1', '3600', 'x', '-1'])
  if (random.percent(20)) headers['x-request-id'] = random.pick(['req_1', 'a b', 'x'.repeat(5000)])
  const framing = random.pick(['length', 'length', 'chunks', 'chunks', 'close', 'longer', 'shorter'] as const)
  if (framing === 'chunks') headers['transfer-encoding'] = 'chunked'
  else if (framing !== 'close')
    headers['content-length'] = String(Math.max(0, body.length + { length: 0, longer: 100, shorter: -10 }[framing]))
  const size = Math.max(body.length > 500_000 ? 200 : 1, random.size(100_000))
  const bytes = framing === 'chunks' ? chunked(body, size) : body
  const sent = random.percent(15) ? bytes.subarray(0, random.between(0, bytes.length)) : bytes
  return { packets: [head(status, headers), ...piecesOf(random, sent)] }
}

function contentOf(random: Random, type: string): Buffer {
  const image = 'A'.repeat(random.percent(5) ? random.size(8_000_000) : random.size(300_000))
  const usage = random.pick([
    undefined,
    null,
    {},
    { total_tokens: 3, input_tokens: 1, output_tokens: 2 },
    { total_tokens: -1 },
  ])
  if (type === 'text/event-stream') {
    const event = (name: string): string =>
      `event: ${name}\ndata: ${JSON.stringify({ type: name, b64_json: image, usage })}\n\n`
    const events = [event('image_generation.partial_image'), event('image_generation.completed'), 'data: [DONE]\n\n']
    const text = events.filter(() => random.percent(85)).join(random.pick(['', ': comment\n\n', '\r\n', 'data: x\n\n']))
    return random.percent(30) ? random.spoiled(Buffer.from(text)) : Buffer.from(text)
  }
  const data = random.pick([
    [{ b64_json: image }],
    [{ b64_json: image }],
    [],
    null,
    [{ url: 'https://example.com/a' }],
    {},
  ])
  const error = random.pick([
    undefined,
    undefined,
    { message: image.slice(0, 100), code: 'moderation_blocked' },
    'no',
    1,
  ])
  const body = Buffer.from(JSON.stringify({ created: 1, data, usage, error }))
  if (random.percent(5)) return Buffer.from('<html>'.repeat(random.size(10_000)))
  if (random.percent(5)) return Buffer.from('['.repeat(random.size(200_000)))
  return random.percent(25) ? random.spoiled(body) : body
}

function head(status: number, headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`HTTP/1.1 ${status} Whatever\r\n${lines.join('')}connection: close\r\n\r\n`)
}

function piecesOf(random: Random, bytes: Buffer): Buffer[] {
  if (random.percent(70)) return [bytes]
  const size = Math.max(1, Math.ceil(bytes.length / random.between(2, 20)))
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}
