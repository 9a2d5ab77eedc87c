import { chunked } from '../../gateway/uploads/wire-client.ts'
import { BOUNDARY, formBody, jsonBody, jsonEdit, promptOf } from './bodies.ts'
import type { Random } from './random.ts'

export type Kind = 'json' | 'form' | 'headers' | 'answer'
/** When the client closes its connection. */
export type Leaving = 'after the answer' | 'before the answer' | 'in its body'

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly id: number
  readonly kind: Kind
  readonly leaving: Leaving
  readonly packets: readonly Buffer[]
  /** It is HTTP, and all of it is sent: some answer must come. */
  readonly isWhole: boolean
}

const JSON_PATHS = ['/v1/images/generations', '/v1/images/generations', '/gateway/check', '/v1/images/generations/']
const FORM_PATHS = ['/v1/images/edits', '/v1/images/edits', '/v1/images/variations', '/gateway/check/edits']
const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

/** Headers of which some decide about the order, some about the connection, and some are nothing at all. */
const HEADERS: readonly ((random: Random) => readonly [string, string])[] = [
  (random) => [
    'content-type',
    random.pick(['application/json; charset=utf-8', 'text/plain', 'application/jsonp', ';', '']),
  ],
  (random) => ['content-encoding', random.pick(['gzip', 'identity', 'br', ''])],
  (random) => [
    'idempotency-key',
    random.pick(['a b', 'k'.repeat(random.size(400)), `key-${random.between(1, 1e9)}`, '']),
  ],
  (random) => ['x-stainless-retry-count', random.pick(['0', '1', '999', '-1', 'x'])],
  (random) => ['x-gateway-parameter-policy', random.pick(['strict', 'drop', 'lax', ''])],
  (random) => ['x-gateway-adopt', random.pick(['never', 'always', ''])],
  (random) => [
    'authorization',
    random.pick(['Bearer', 'Bearer x', 'Basic x', '', `Bearer ${'k'.repeat(random.size(9000))}`]),
  ],
  (random) => ['origin', random.pick(['null', 'https://evil.example', 'http://localhost'])],
  (random) => ['sec-fetch-site', random.pick(['cross-site', 'same-origin', 'none', 'x'])],
  (random) => ['expect', random.pick(['100-continue', '200-ok', ''])],
  (random) => ['host', random.pick(['evil.example', '127.0.0.1', '[::1]', '', 'a b'])],
  (random) => ['connection', random.pick(['close', 'keep-alive', 'upgrade', ''])],
  (random) => ['accept', random.pick(['text/event-stream', '*/*', ''])],
  (random) => [`x-${random.between(1, 1e9)}`, 'y'.repeat(random.size(15_000))],
  (random) => [
    'x-binary',
    random
      .bytes(10)
      .toString('latin1')
      .replaceAll(/[\0\r\n]/g, '?'),
  ],
]

const SHARES: readonly (readonly [Kind, number])[] = [
  ['json', 35],
  ['form', 25],
  ['headers', 15],
  ['answer', 25],
]

/** Makes the request with this number. */
export function wireRequest(random: Random, id: number, picture: Buffer): WireRequest {
  const kind = kindOf(random)
  const { path, type, body } = contentOf(random, { kind, id, picture })
  const headers = new Map<string, string>([
    ['host', 'localhost'],
    ['content-type', type],
    ['connection', 'close'],
  ])
  if (kind === 'headers') for (const header of HEADERS) if (random.percent(15)) headers.set(...header(random))
  const leaving = random.percent(85) ? 'after the answer' : random.pick(['before the answer', 'in its body'] as const)
  const isShort = kind !== 'answer' && random.percent(2)
  const isChunked = random.percent(40)
  if (isChunked) headers.set('transfer-encoding', 'chunked')
  else headers.set('content-length', String(body.length + (isShort ? random.size(1000) : 0)))
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`)
  const wireBody = isChunked ? chunked(body, chunkBytes(random, body.length)) : body
  const head = Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const bytes = Buffer.concat([head, isShort ? wireBody.subarray(0, -1) : wireBody])
  const sent = leaving === 'in its body' ? bytes.subarray(0, random.between(1, bytes.length - 1)) : bytes
  return { id, kind, leaving, packets: packetsOf(random, sent), isWhole: !isShort && leaving === 'after the answer' }
}

function kindOf(random: Random): Kind {
  let left = random.next() * 100
  for (const [kind, share] of SHARES) if ((left -= share) < 0) return kind
  return 'answer'
}

interface Content {
  readonly path: string
  readonly type: string
  readonly body: Buffer
}

function contentOf(
  random: Random,
  { kind, id, picture }: { readonly kind: Kind; readonly id: number; readonly picture: Buffer },
): Content {
  const json = 'application/json'
  if (kind === 'form' && random.percent(25))
    return { path: random.pick(FORM_PATHS), type: json, body: jsonEdit(random, id, picture) }
  if (kind === 'form') return { path: random.pick(FORM_PATHS), type: FORM_TYPE, body: formBody(random, id, picture) }
  if (kind === 'json') return { path: random.pick(JSON_PATHS), type: json, body: jsonBody(random, id) }
  const order = { model: 'gpt-image-2', prompt: promptOf(id), ...(random.percent(30) ? { stream: true } : {}) }
  return { path: '/v1/images/generations', type: json, body: Buffer.from(JSON.stringify(order)) }
}

/** Chunks of one byte too, where there are not millions of them. */
function chunkBytes(random: Random, length: number): number {
  return Math.max(length > 300_000 ? 1000 : 1, random.size(100_000))
}

/** The bytes in one write, or in several. */
function packetsOf(random: Random, bytes: Buffer): Buffer[] {
  const cuts = Array.from({ length: random.percent(50) ? 0 : random.between(1, 4) }, () =>
    random.between(0, bytes.length),
  )
  const ends = [...cuts.toSorted((a, b) => a - b), bytes.length]
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter(({ length }) => length > 0)
}
