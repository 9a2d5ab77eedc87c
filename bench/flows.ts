import { createServer, request as httpRequest } from 'node:http'
import { once } from 'node:events'
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { peakMemoryMb, startGateway, untilReady } from './machines.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Machine } from './machines.ts'

/**
 * Measures the gateway's memory under large streams and uploads, and the latency that it adds to an event. Part of
 * `npm run bench`; `--short` sends a tenth of the upload bytes.
 */
const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
const STREAMS = 200
const EVENTS = 4
const EVENT_BYTES = 2_000_000
const UPLOADS = 32
const IMAGES = 16
const IMAGE_BYTES = values.short ? 2_000_000 : 20_000_000
const HEADERS = { authorization: 'Bearer sk-gw-bench-0123456789' }
const ORDER = JSON.stringify({ model: 'gpt-image-2', prompt: 'A paper boat', stream: true, partial_images: 3 })

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

function event(index: number, bytes: number): string {
  const type = index < EVENTS - 1 ? 'image_generation.partial_image' : 'image_generation.completed'
  const usage = { input_tokens: 10, output_tokens: 10, total_tokens: 20 }
  const data = { type, b64_json: String(index).repeat(bytes), partial_image_index: index, usage }
  if (index === EVENTS - 1)
    return `event: ${type}\ndata: ${JSON.stringify({ ...data, partial_image_index: undefined })}\n\n`
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

async function withGateway(
  port: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  body: (gateway: Machine, upstreamUrl: string, dataDir: string) => Promise<void>,
): Promise<void> {
  const upstream = createServer(answer).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const dataDir = mkdtempSync(join(tmpdir(), 'comet-bench-'))
  const upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  const gateway = startGateway(port, upstreamUrl, { DATA_DIR: dataDir })
  try {
    await untilReady(gateway)
    await body(gateway, upstreamUrl, dataDir)
  } finally {
    gateway.stop()
    upstream.closeAllConnections()
    upstream.close()
  }
}

/** Sends a POST; resolves with the answer as soon as its head has come. */
async function post(url: string, headers: Record<string, string>, body: Readable | string): Promise<IncomingMessage> {
  const outgoing = httpRequest(url, { method: 'POST', headers: { ...HEADERS, ...headers }, agent: false })
  if (typeof body === 'string') outgoing.end(body)
  else body.pipe(outgoing)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  return answer
}

/** Reads a stream to its end and says whether every event came whole and in order. */
async function isWhole(url: string): Promise<boolean> {
  const answer = await post(`${url}/v1/images/generations`, { 'content-type': 'application/json' }, ORDER)
  let bytes = 0
  let latest = 0
  let inOrder = true
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    for (let digit = 0; digit < EVENTS; digit++) {
      if (!chunk.includes(String(digit).repeat(64))) continue
      if (digit < latest) inOrder = false
      latest = Math.max(latest, digit)
    }
    bytes += chunk.length
  }
  return inOrder && bytes >= EXPECTED_BYTES // and the comment at the end
}

const WHOLE_STREAM = Array.from({ length: EVENTS }, (_, index) => event(index, EVENT_BYTES))
const EXPECTED_BYTES = WHOLE_STREAM.reduce((sum, text) => sum + text.length, 0)

console.log(`\n${STREAMS} streams at once, ${EVENTS} events of ${EVENT_BYTES / 1e6} MB each`)
await withGateway(
  9310,
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    Readable.from(WHOLE_STREAM).pipe(response)
  },
  async (gateway) => {
    const idle = peakMemoryMb(gateway)
    const results = await Promise.all(Array.from({ length: STREAMS }, () => isWhole(gateway.url)))
    const whole = results.filter(Boolean).length
    console.log(
      `  ${whole} of ${STREAMS} arrived whole and in order; peak memory ${peakMemoryMb(gateway)} MB (${idle} MB idle)`,
    )
  },
)

console.log('\nFrom an event sent by the upstream to the same event complete at the client')
for (const bytes of [100_000, 2_000_000]) {
  let sentAt = 0
  const times: Record<'direct' | 'gateway', number[]> = { direct: [], gateway: [] }
  await withGateway(
    9311,
    (request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      setTimeout(() => {
        sentAt = performance.now()
        response.write(event(0, bytes))
        setTimeout(() => response.end(event(EVENTS - 1, 100)), 30)
      }, 20)
    },
    async (gateway, upstreamUrl) => {
      const measure = async (url: string): Promise<number> => {
        const answer = await post(`${url}/v1/images/generations`, { 'content-type': 'application/json' }, ORDER)
        let read = 0
        let at = Number.NaN
        for await (const chunk of answer as AsyncIterable<Buffer>) {
          read += chunk.length
          if (Number.isNaN(at) && read >= bytes) at = performance.now() - sentAt
        }
        return at
      }
      for (let round = 0; round < 30; round++) {
        times.gateway.push(await measure(gateway.url))
        times.direct.push(await measure(upstreamUrl))
      }
    },
  )
  const [direct, through] = [median(times.direct), median(times.gateway)]
  console.log(
    `  ${(bytes / 1e6).toFixed(1)} MB: direct ${direct.toFixed(1)} ms, through the gateway ${through.toFixed(1)} ms: ${(through - direct).toFixed(1)} ms more`,
  )
}

console.log(`\n${UPLOADS} uploads at once, ${IMAGES} images of ${IMAGE_BYTES / 1e6} MB each`)
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAYAAACqaXHe', 'base64')
const IMAGE = Buffer.concat([PNG, Buffer.alloc(IMAGE_BYTES - PNG.length, 1)])
const FIELD = (name: string, extra = ''): Buffer =>
  Buffer.from(`--bench\r\ncontent-disposition: form-data; name="${name}"${extra}\r\n\r\n`)
const CRLF = Buffer.from('\r\n')

function* uploadParts(): Generator<Buffer> {
  yield Buffer.concat([FIELD('model'), Buffer.from('gpt-image-2'), CRLF, FIELD('prompt'), Buffer.from('a'), CRLF])
  for (let count = 0; count < IMAGES; count++) {
    yield FIELD('image[]', '; filename="a.png"')
    for (let at = 0; at < IMAGE.length; at += 1_000_000) yield IMAGE.subarray(at, at + 1_000_000)
    yield CRLF
  }
  yield Buffer.from('--bench--\r\n')
}

let received = 0
await withGateway(
  9312,
  (request, response) => {
    request.on('data', (chunk: Buffer) => (received += chunk.length))
    request.on('end', () => response.end('{"created":1,"data":[{"b64_json":"AAAA"}]}'))
  },
  async (gateway, _upstreamUrl, dataDir) => {
    const idle = peakMemoryMb(gateway)
    const startedAt = performance.now()
    const statuses = await Promise.all(
      Array.from({ length: UPLOADS }, async () => {
        const headers = { 'content-type': 'multipart/form-data; boundary=bench' }
        const answer = await post(`${gateway.url}/v1/images/edits`, headers, Readable.from(uploadParts()))
        answer.resume()
        return answer.statusCode
      }),
    )
    const seconds = (performance.now() - startedAt) / 1000
    const ok = statuses.filter((status) => status === 200).length
    const left = readdirSync(join(dataDir, 'spool')).length
    console.log(
      `  ${ok} of ${UPLOADS} done, ${(received / 1e6 / seconds).toFixed(0)} MB/s; peak memory ${peakMemoryMb(gateway)} MB (${idle} MB idle); ${left} files left`,
    )
  },
)
