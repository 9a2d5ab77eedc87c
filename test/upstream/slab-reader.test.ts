import * as fc from 'fast-check'
import Pool from 'undici/lib/dispatcher/pool.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Upstream } from '../../src/upstream/upstream.ts'
import { UpstreamServer } from '../helpers/upstream-server.ts'
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'

/** An answer as it stands on the connection, and the places where it is cut. */
interface RawAnswer {
  readonly raw: Buffer
  readonly cuts: readonly number[]
}

/** Everything that is told of an answer. */
interface Seen {
  status: number
  readonly headers: Record<string, unknown>
  body: string
  ended: boolean
  failed: boolean
}

let answer: RawAnswer
const server = new UpstreamServer({
  onConnection: (socket: Socket) => void socket.once('data', () => void send(socket, answer)),
})
beforeAll(async () => server.listen())
afterAll(async () => server.close())

async function send(socket: Socket, { raw, cuts }: RawAnswer): Promise<void> {
  let from = 0
  for (const cut of [...cuts, raw.length]) {
    socket.write(raw.subarray(from, cut))
    from = cut
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.end()
}

/** Takes an answer, pausing after every `pauses`th chunk. */
async function take(pauses: number, post: (handler: Dispatcher.DispatchHandler) => void): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>()
  const seen: Seen = { status: 0, headers: {}, body: '', ended: false, failed: false }
  let chunks = 0
  post({
    onRequestStart() {},
    onResponseStart(_control, status, headers) {
      seen.status = status
      Object.assign(seen.headers, { 'content-type': headers['content-type'], 'x-request-id': headers['x-request-id'] })
    },
    onResponseData(control, chunk) {
      seen.body += chunk.toString('latin1')
      if (++chunks % pauses !== 0) return
      control.pause()
      setImmediate(() => control.resume())
    },
    onResponseEnd() {
      seen.ended = true
      resolve(seen)
    },
    onResponseError() {
      seen.failed = true
      resolve(seen)
    },
  })
  return promise
}

/** Without pauses: paused at the end of an answer, undici takes the end of the connection for a failure. */
async function throughUndici(): Promise<Seen> {
  const pool = new Pool(server.url, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
  const seen = await take(Number.POSITIVE_INFINITY, (handler) => {
    pool.dispatch({ method: 'POST', path: '/', body: '{}' }, handler)
  })
  await pool.destroy()
  return seen
}

async function throughSlabs(pauses: number): Promise<Seen> {
  const upstream = new Upstream({
    baseUrl: server.url,
    key: 'sk-upstream',
    connectTimeoutMs: 10_000,
    redact: (text) => text,
  })
  const seen = await take(pauses, (handler) => {
    let control: Dispatcher.DispatchController
    upstream.post(
      { path: '/', contentType: 'application/json', body: Buffer.from('{}') },
      {
        sending: (one) => void (control = one as Dispatcher.DispatchController),
        begin: (status, headers) => handler.onResponseStart?.(control, status, { ...headers }),
        write: (chunk) => handler.onResponseData?.(control, chunk),
        end: () => handler.onResponseEnd?.(control, {}),
        abort: (error) => handler.onResponseError?.(control, error),
      },
    )
  })
  await upstream.close()
  expect(upstream.slabs.inUse).toBe(0)
  return seen
}

const text = (most: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(most), fc.integer({ min: 1, max: 94 }))
    .map(([length, step]) => String.fromCharCode(...Array.from({ length }, (_, index) => 33 + ((index * step) % 90))))
const body = fc.oneof(
  text(40),
  text(9000),
  fc.integer({ min: 1, max: 12 }).chain((times) => text(30_000).map((one) => one.repeat(times))),
)

const head = fc.record({
  early: fc.constantFrom('', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'),
  // Longer than the memory that a connection has for it, and cut anywhere.
  id: fc.constantFrom('r1', 'r2'.repeat(50)),
  padding: fc.nat(9000),
})
const framing = fc.constantFrom('length', 'chunked', 'until closed', 'both', 'too long', 'too short', 'broken chunk')

const rawAnswer: fc.Arbitrary<RawAnswer> = fc
  .record({
    body,
    head,
    framing,
    size: fc.integer({ min: 1, max: 70_000 }),
    trailer: fc.boolean(),
    truncate: fc.nat(200),
  })
  .map(({ body: bytes, head: { early, id, padding }, framing: how, size, trailer, truncate }) => {
    const length = bytes.length + (how === 'too long' ? 10 : how === 'too short' ? -1 : 0)
    const isChunked = how === 'chunked' || how === 'both' || how === 'broken chunk'
    const fields = [
      'content-type: application/json',
      `x-padding: ${'p'.repeat(padding)}`,
      `x-request-id: ${id}`,
      ...(isChunked ? ['transfer-encoding: chunked'] : []),
      ...(how === 'until closed' || how === 'chunked' || how === 'broken chunk'
        ? []
        : [`content-length: ${Math.max(0, length)}`]),
    ]
    const framed = isChunked ? chunked(bytes, size, trailer, how === 'broken chunk') : bytes
    const raw = Buffer.from(`${early}HTTP/1.1 200 OK\r\n${fields.join('\r\n')}\r\n\r\n${framed}`, 'latin1')
    return truncate < 40 ? raw.subarray(0, Math.max(1, raw.length - truncate)) : raw
  })
  .chain((raw) =>
    fc.record({
      raw: fc.constant(raw),
      cuts: fc.array(fc.nat(raw.length), { maxLength: 6 }).map((cuts) => cuts.toSorted((a, b) => a - b)),
    }),
  )

function chunked(bytes: string, size: number, hasTrailer: boolean, isBroken: boolean): string {
  let framed = ''
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.slice(at, at + size)
    framed += `${isBroken && at > 0 ? 'zz' : piece.length.toString(16)};ext=1\r\n${piece}\r\n`
  }
  return `${framed}0\r\n${hasTrailer ? 'x-trailer: 1\r\n' : ''}\r\n`
}

describe('an answer that is read into slabs', () => {
  it('is the one that undici reads by itself, whatever its framing, its pieces and its end', async () => {
    await fc.assert(
      fc.asyncProperty(rawAnswer, fc.integer({ min: 1, max: 5 }), async (one, pauses) => {
        answer = one
        const [slabs, undici] = [await throughSlabs(pauses), await throughUndici()]
        expect(slabs.failed).toBe(undici.failed)
        // Of an answer that fails, how much of it is told before depends on how much is read at once.
        const length = Math.min(undici.body.length, slabs.body.length)
        expect(slabs.body.slice(0, length)).toBe(undici.body.slice(0, length))
        if (!undici.failed) expect(slabs).toEqual(undici)
      }),
      { numRuns: 150 },
    )
  })
})
