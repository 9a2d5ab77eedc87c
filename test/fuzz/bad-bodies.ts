import fc from 'fast-check'
import { startGateway } from '../helpers/gateway.ts'
import { scriptedUpstream } from '../helpers/upstream.ts'

const MODELS = [
  'gpt-image-1',
  'gpt-image-2',
  'gpt-image-2.6-flare',
  'dall-e-2',
  'dall-e-3',
  'qwen-image',
  'doubao-seedream-4-5-251128',
]
const STRINGS = ['size', 'response_format', 'prompt', 'model', 'user', 'quality', 'background', 'output_format']
const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'then',
  '',
  '\u0000',
  '\ud800',
  'a'.repeat(5000),
]

const name = fc.oneof(fc.string({ maxLength: 12, unit: 'binary' }), fc.constantFrom(...HOSTILE_NAMES))
const anything = fc.anything({ key: name, maxDepth: 3, withNullPrototype: false })
const notText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.array(fc.jsonValue(), { maxLength: 4 }),
  fc.dictionary(name, fc.jsonValue(), { maxKeys: 4 }),
)
const order = fc.record({ model: fc.constantFrom(...MODELS), prompt: fc.string({ minLength: 1, maxLength: 40 }) })

/** A good order with one thing that no model takes. */
const spoiled: fc.Arbitrary<unknown> = fc.oneof(
  fc.tuple(order, fc.constantFrom(...STRINGS), notText).map(([base, key, value]) => ({ ...base, [key]: value })),
  fc
    .tuple(
      order,
      fc.oneof(
        fc.integer({ max: 0 }),
        fc.integer({ min: 11 }),
        fc.double({ noInteger: true, noNaN: true, noDefaultInfinity: true }),
        fc.string(),
        fc.boolean(),
      ),
    )
    .map(([base, n]) => ({ ...base, n })),
  fc
    .tuple(
      order,
      fc.string().filter((size) => !/^(auto|[24]K|\d+x\d+)$/.test(size)),
    )
    .map(([base, size]) => ({ ...base, size })),
  fc
    .tuple(order, name, fc.jsonValue())
    .map(([base, key, value]) => Object.fromEntries([...Object.entries(base), [`x-${key}`, value]])),
  order.map(({ model }) => ({ model })),
  order.map((base) => ({ ...base, prompt: '' })),
)

/** Bytes that are not a JSON object at all. */
const garbage: fc.Arbitrary<Uint8Array> = fc
  .oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc
      .tuple(spoiled, fc.nat({ max: 300 }))
      .map(([body, cut]) => new TextEncoder().encode(JSON.stringify(body).slice(0, cut))),
    anything.map((value) => new TextEncoder().encode(JSON.stringify(value) ?? '')),
    fc.nat({ max: 20_000 }).map((depth) => new TextEncoder().encode('{"prompt":'.repeat(depth))),
  )
  .filter((bytes) => !isOrderLike(bytes))

function isOrderLike(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, 'prompt')
  } catch {
    return false
  }
}

const badBody: fc.Arbitrary<Uint8Array> = fc.oneof(
  spoiled.map((body) => new TextEncoder().encode(JSON.stringify(body))),
  garbage,
)

export interface FuzzResult {
  readonly sent: number
  readonly byStatus: Readonly<Record<string, number>>
  readonly failures: readonly string[]
}

/** Sends generated bad bodies through a real gateway: each must be refused in OpenAI's shape, and none reach the upstream. */
export async function fuzzBadBodies(
  runs: number,
  seed: number,
  onProgress: (sent: number) => void = () => {},
): Promise<FuzzResult> {
  const upstream = await scriptedUpstream()
  const gateway = await startGateway(upstream.url, { LOG_LEVEL: 'silent' })
  const byStatus: Record<string, number> = {}
  const failures: string[] = []
  const batch = 64
  let sent = 0
  try {
    for (let start = 0; start < runs; start += batch) {
      const bodies = fc.sample(badBody, { numRuns: Math.min(batch, runs - start), seed: seed + start })
      await Promise.all(
        bodies.map(async (body) => {
          const problem = await send(gateway.url, body, byStatus)
          if (problem !== undefined && failures.length < 20)
            failures.push(`${problem}: ${new TextDecoder().decode(body).slice(0, 300)}`)
        }),
      )
      sent += bodies.length
      onProgress(sent)
    }
    if (upstream.received.length > 0)
      failures.push(
        `${upstream.received.length} went upstream, e.g. ${upstream.received[0]?.body.toString().slice(0, 300)}`,
      )
  } finally {
    await gateway.close()
    await upstream.close()
  }
  return { sent, byStatus, failures }
}

async function send(url: string, body: Uint8Array, byStatus: Record<string, number>): Promise<string | undefined> {
  const response = await fetch(`${url}/v1/images/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
  })
  const text = await response.text()
  byStatus[response.status] = (byStatus[response.status] ?? 0) + 1
  if (response.status < 400 || response.status >= 500) return `status ${response.status}`
  const { error } = JSON.parse(text) as { error?: Record<string, unknown> }
  const isShape =
    typeof error?.['message'] === 'string' && typeof error['type'] === 'string' && 'param' in error && 'code' in error
  return isShape ? undefined : 'not the shape of an error'
}
