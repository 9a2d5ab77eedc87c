import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { largePicture, picture } from '../helpers/images.ts'
import { turns } from '../helpers/turns.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import { census, chunked, edit, END, file, head, NOTHING, text, upload, WireClient } from './uploads-client.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

const KEY = 'sk-team-0123456789abcdef0123456789'
const authorization = `Bearer ${KEY}`

let upstream: ScriptedUpstream
let gateway: TestGateway
let square: Buffer
/** Larger than what stays in memory. */
let large: Buffer

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url, {
    MAX_UPLOAD_BYTES: '8000000',
    GATEWAY_KEYS: `team=${KEY}`,
    AUTH_FAILURES_PER_MINUTE: '1000',
  })
  square = await picture(64, 64)
  large = await largePicture(3_000_000)
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterEach(async () => {
  await eventually('nothing is left', async () => expect(await census(gateway)).toEqual(NOTHING))
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const send = (body: Buffer, headers: Readonly<Record<string, string | number | undefined>> = {}): Buffer =>
  upload(body, { authorization, ...headers })

/** A request that must never be read as one. */
const SMUGGLED = Buffer.from(
  `\r\n\r\nPOST /v1/images/generations HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
)
const smuggling = (bytes: number): Buffer => Buffer.concat([Buffer.alloc(bytes, SMUGGLED), SMUGGLED])

describe('a connection on which an upload was refused', () => {
  const tooLarge = (): Buffer => Buffer.concat([text('prompt', 'a'), file(smuggling(9_000_000)), END])
  const malformed = (): Buffer => Buffer.concat([Buffer.from('--other\r\n'), smuggling(3_000_000)])
  const json = { 'content-type': 'application/json' }

  it.each<[what: string, status: number, request: () => Buffer]>([
    ['by its announced length', 413, () => send(tooLarge())],
    [
      'by its length',
      413,
      () => send(chunked(tooLarge(), 60_000), { 'content-length': undefined, 'transfer-encoding': 'chunked' }),
    ],
    ['in its first bytes', 400, () => send(malformed())],
    [
      'in its first bytes, in chunks',
      400,
      () => send(chunked(malformed(), 1000), { 'content-length': undefined, 'transfer-encoding': 'chunked' }),
    ],
    ['in its last bytes', 400, () => send(Buffer.concat([text('prompt', 'a'), file(smuggling(3_000_000))]))],
    ['for its type’s boundary', 400, () => send(malformed(), { 'content-type': 'multipart/form-data' })],
    ['for its key', 401, () => upload(edit(smuggling(3_000_000)), { authorization: 'Bearer sk-wrong' })],
    ['for lack of a key', 401, () => upload(edit(smuggling(3_000_000)))],
    ['for its parameters', 400, () => send(edit(smuggling(3_000_000), text('n', '99')))],
    ['for its image', 400, () => send(edit(smuggling(3_000_000)))],
    [
      'for its mask as JSON',
      400,
      () => send(Buffer.from(JSON.stringify({ prompt: smuggling(900_000).toString(), images: 5 })), json),
    ],
    ['as JSON that is none', 400, () => send(smuggling(900_000), json)],
    ['for its policy', 400, () => send(malformed(), { 'x-gateway-parameter-policy': 'lax' })],
    ['for its idempotency key', 400, () => send(malformed(), { 'idempotency-key': 'a b' })],
  ])('%s takes the next request, and nothing of the upload for one', async (_why, status, request) => {
    const client = await WireClient.to(gateway.url)
    const writing = client.write(request())
    expect((await client.answer()).status).toBe(status)
    await writing
    expect(upstream.received).toEqual([])
    for (let count = 0; count < 2; count++) {
      await client.write(send(edit(square)))
      expect((await client.answer()).status).toBe(200)
    }
    expect(client.rest).toBe('')
    expect(upstream.received.map(({ url }) => url)).toEqual(['/v1/images/edits', '/v1/images/edits'])
    client.socket.destroy()
  })

  it.each(['/v1/images/edit', '/images/edits', '/v1/v1/images/edits', '/v1/images/variations/'])(
    'at a URL that does not exist or is another: %s',
    async (path) => {
      const client = await WireClient.to(gateway.url)
      const body = edit(smuggling(3_000_000))
      const writing = client.write(
        Buffer.concat([Buffer.from(head(path, { authorization, 'content-length': body.length })), body]),
      )
      expect((await client.answer()).status).toBeGreaterThanOrEqual(400)
      await writing
      await client.write(send(edit(square)))
      expect((await client.answer()).status).toBe(200)
      expect(upstream.received).toHaveLength(1)
      client.socket.destroy()
    },
  )

  it('has its answer before the upload is over', async () => {
    for (const [headers, status] of [
      [{ 'content-length': 9_000_000 }, 413],
      [{ 'content-length': 5_000_000, authorization: 'Bearer sk-wrong' }, 401],
      [{ 'content-length': 5_000_000 }, 400],
    ] as const) {
      const another = await WireClient.to(gateway.url)
      await another.write(head('/v1/images/edits', { authorization, ...headers }))
      await another.write('--other')
      expect((await another.answer()).status).toBe(status)
      another.socket.destroy()
    }
  })
})

describe('an upload that is cut off', () => {
  it('anywhere leaves nothing behind and buys nothing', async () => {
    const body = edit(large)
    const request = send(body)
    const start = request.length - body.length
    const cuts = [
      1,
      20,
      ...[-1, 0, 1, 50, 150, 250, 262_143, 262_145].map((more) => start + more),
      ...Array.from({ length: 10 }, (_, index) => start + 100_000 + index * 290_001),
      ...[1, 2, 3, 4, 9, 10, 11, 12, 13].map((left) => request.length - left),
    ]
    await Promise.all(
      cuts.flatMap((cut) =>
        (['end', 'reset'] as const).map(async (how) => {
          const client = await WireClient.to(gateway.url)
          await client.write(request.subarray(0, cut))
          await turns(how === 'end' ? 1 : 20)
          if (how === 'end') client.socket.end()
          else client.socket.resetAndDestroy()
          await client.closed
        }),
      ),
    )
    expect(upstream.received).toEqual([])
  })

  it('in chunks leaves nothing behind either', async () => {
    const request = send(chunked(edit(large), 50_000), { 'content-length': undefined, 'transfer-encoding': 'chunked' })
    for (const cut of [request.length - 1, request.length - 4, request.length - 5, 2_000_000, 400]) {
      const client = await WireClient.to(gateway.url)
      await client.write(request.subarray(0, cut))
      client.socket.end()
      await client.closed
    }
    expect(upstream.received).toEqual([])
  })

  it('is a line in the log that is not a failure of the gateway', async () => {
    const before = gateway.lines.length
    const client = await WireClient.to(gateway.url)
    await client.write(send(edit(large)).subarray(0, 1_000_000))
    await turns()
    client.socket.resetAndDestroy()
    await eventually('the upload is logged', () => gateway.lines.length > before)
    expect(gateway.parsedLines(before)).toMatchObject([
      { msg: 'request', level: 30, status: 499, endpoint: 'images.edits' },
    ])
  })

  it('whose length is more than what comes waits for the rest; what is beyond it is no request of its own', async () => {
    const body = edit(square)
    const longer = await WireClient.to(gateway.url)
    await longer.write(send(body, { 'content-length': body.length + 5 }))
    await turns()
    expect(upstream.received).toEqual([])
    await longer.write('12345')
    expect((await longer.answer()).status).toBe(400)
    longer.socket.destroy()

    const shorter = await WireClient.to(gateway.url)
    await shorter.write(send(body, { 'content-length': body.length - 5 }))
    await shorter.closed
    expect(shorter.rest).not.toContain('200 OK')
    expect(upstream.received).toEqual([])
  })

  it('is not, where only a line break follows that no length counts', async () => {
    const client = await WireClient.to(gateway.url)
    await client.write(Buffer.concat([send(edit(square)), Buffer.from('\r\n\r\n'), send(edit(square))]))
    expect([(await client.answer()).status, (await client.answer()).status]).toEqual([200, 200])
    client.socket.destroy()
  })

  it.each(['5, 6', '-1', '1e3', '0x10', '99999999999999999999', ''])(
    'is no request with the length %j',
    async (length) => {
      const client = await WireClient.to(gateway.url)
      await client.write(send(edit(square), { 'content-length': length }))
      expect((await client.answer()).status).toBe(400)
      await client.closed
      expect(upstream.received).toEqual([])
    },
  )

  it('is no request with a length and in chunks at once', async () => {
    const client = await WireClient.to(gateway.url)
    await client.write(send(edit(square), { 'transfer-encoding': 'chunked' }))
    expect((await client.answer()).status).toBe(400)
    await client.closed
    expect(upstream.received).toEqual([])
  })
})

describe('an upload that comes slowly', () => {
  it('byte by byte arrives as it is, and so do others meanwhile', async () => {
    const body = edit(square)
    const client = await WireClient.to(gateway.url)
    await client.write(send(body).subarray(0, -body.length))
    const writing = client.writeSlowly(body)
    const other = await WireClient.to(gateway.url)
    for (let count = 0; count < 5; count++) {
      await other.write(send(edit(large)))
      expect((await other.answer()).status).toBe(200)
    }
    other.socket.destroy()
    await writing
    expect((await client.answer()).status).toBe(200)
    client.socket.destroy()
    expect(upstream.received).toHaveLength(6)
    expect(upstream.received.some((one) => one.body.equals(body))).toBe(true)
  })

  it.each([1, 7, 65_536])('in chunks of %d bytes arrives as it is, with a length', async (chunkBytes) => {
    const body = edit(chunkBytes < 10 ? await largePicture(chunkBytes * 50_000) : large)
    const client = await WireClient.to(gateway.url)
    await client.write(send(chunked(body, chunkBytes), { 'content-length': undefined, 'transfer-encoding': 'chunked' }))
    expect((await client.answer()).status).toBe(200)
    expect(upstream.received[0]?.headers).toMatchObject({ 'content-length': String(body.length) })
    expect(upstream.received[0]?.headers['transfer-encoding']).toBeUndefined()
    expect(upstream.received[0]?.body.equals(body)).toBe(true)
    client.socket.destroy()
  })
})

describe('a request behind an upload', () => {
  it('that was written before the answer came is answered after it, in order', async () => {
    const health = Buffer.from('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
    const client = await WireClient.to(gateway.url)
    const [first, second] = [edit(large), edit(square, text('n', '2'))]
    const refused = edit(square, text('n', '99'))
    await client.write(Buffer.concat([send(first), health, send(refused), send(second), health]))
    const answers = []
    for (let count = 0; count < 5; count++) answers.push(await client.answer())
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 200, 200])
    expect(answers.map(({ body }) => body.toString().slice(0, 9))).toEqual([
      '{"created',
      '{"status"',
      '{"error":',
      '{"created',
      '{"status"',
    ])
    expect(upstream.received.map(({ body }) => body.length).toSorted((a, b) => a - b)).toEqual([
      second.length,
      first.length,
    ])
    client.socket.destroy()
  })
})

describe('Expect: 100-continue', () => {
  it('is granted, and the upload goes on as any other', async () => {
    const body = edit(large)
    const client = await WireClient.to(gateway.url)
    await client.write(send(body, { expect: '100-continue' }).subarray(0, -body.length))
    expect((await client.answer()).status).toBe(100)
    await client.write(body)
    expect((await client.answer()).status).toBe(200)
    expect(upstream.received[0]?.body.equals(body)).toBe(true)
    expect(upstream.received[0]?.headers['expect']).toBeUndefined()
    client.socket.destroy()
  })

  it('does not keep a client from its refusal', async () => {
    for (const [headers, status] of [
      [{ 'content-length': 9_000_000 }, 413],
      [{ 'content-length': 1000, authorization: 'Bearer sk-wrong' }, 401],
    ] as const) {
      const client = await WireClient.to(gateway.url)
      await client.write(head('/v1/images/edits', { authorization, expect: '100-continue', ...headers }))
      let answer = await client.answer()
      if (answer.status === 100) answer = await client.answer()
      expect(answer.status).toBe(status)
      client.socket.destroy()
    }
  })
})

describe('a client that leaves', () => {
  it('after its upload and before the answer has it paid, booked and kept, and its upload gone', async () => {
    let answer: () => void = () => {}
    upstream.script = (response, request) => {
      answer = () => void answerJson(imageAnswer())(response, request)
    }
    const client = await WireClient.to(gateway.url)
    await client.write(send(edit(large)))
    await eventually('the upload has arrived', () => upstream.received.length === 1)
    const before = gateway.lines.length
    client.socket.resetAndDestroy()
    await eventually('the client is seen leaving', () => gateway.lines.length > before)
    answer()
    await eventually('the generation is settled', () => gateway.lines.length > before + 1)
    expect(gateway.parsedLines(before)).toMatchObject([
      { msg: 'request', outcome: 'client_left', status: 499 },
      { msg: 'generation settled after its client had left', images: 1, totalTokens: 224 },
    ])
  })

  it('in the middle of the answer has it paid and its upload gone', async () => {
    upstream.script = answerJson(imageAnswer({ data: [{ b64_json: 'A'.repeat(4_000_000) }] }))
    const client = await WireClient.to(gateway.url)
    client.socket.once('data', () => client.socket.resetAndDestroy())
    await client.write(send(edit(large)))
    await client.closed
    await eventually('the generation is settled', () => gateway.app.underWay().length === 0)
    expect(upstream.received).toHaveLength(1)
  })
})

describe('a check of an upload', () => {
  const check = (body: Buffer, headers: Readonly<Record<string, string | number | undefined>> = {}): Buffer =>
    Buffer.concat([
      Buffer.from(head('/gateway/check/edits', { authorization, 'content-length': body.length, ...headers })),
      body,
    ])

  it('takes megabytes, keeps nothing and asks nobody', async () => {
    const client = await WireClient.to(gateway.url)
    const verdicts = []
    for (const body of [
      edit(large),
      edit(large, text('n', '99')),
      Buffer.from('--other'),
      edit(Buffer.alloc(9_000_000)),
    ]) {
      const writing = client.write(check(body))
      const { status, body: verdict } = await client.answer()
      await writing
      expect(status).toBe(200)
      verdicts.push(JSON.parse(verdict.toString()) as unknown)
    }
    expect(verdicts).toMatchObject([
      { valid: true, model: 'gpt-image-2' },
      { valid: false, error: { param: 'n' } },
      { valid: false, error: { code: 'invalid_form' } },
      { valid: false, error: { code: 'request_too_large' } },
    ])
    expect(upstream.received).toEqual([])
    client.socket.destroy()
  })

  it('that is cut off leaves nothing behind', async () => {
    const request = check(edit(large))
    for (const cut of [500, 1_000_000, request.length - 1]) {
      const client = await WireClient.to(gateway.url)
      await client.write(request.subarray(0, cut))
      client.socket.end()
      await client.closed
    }
  })

  it('is a POST: a GET with an upload is refused, and its bytes are no request', async () => {
    const client = await WireClient.to(gateway.url)
    const request = check(edit(smuggling(500_000)))
    const writing = client.write(Buffer.concat([Buffer.from('GET'), request.subarray('POST'.length)]))
    const { status, headers } = await client.answer()
    expect([status, headers.get('allow')]).toEqual([405, 'POST'])
    await writing
    await client.write(send(edit(square)))
    expect((await client.answer()).status).toBe(200)
    client.socket.destroy()
    expect(upstream.received).toHaveLength(1)
  })
})
