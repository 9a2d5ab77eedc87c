import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { startGateway } from '../../helpers/gateway.ts'
import { picture } from '../../helpers/images.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../../helpers/upstream.ts'
import { BOUNDARY, census, edit, END, file, NOTHING, part, text, upload, WireClient } from './wire-client.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway
let square: Buffer

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url, { MAX_UPLOAD_BYTES: '80000000' })
  square = await picture(64, 64)
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterEach(async () => {
  await eventually('nothing of any request is left', async () => expect(await census(gateway)).toEqual(NOTHING))
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** Sends an upload, then on the same connection one that is good. */
async function refusalOf(request: Buffer): Promise<Refusal> {
  const client = await WireClient.to(gateway.url)
  const writing = client.write(request)
  const { status, body } = await client.answer()
  await writing
  await client.write(upload(edit(square)))
  expect((await client.answer()).status).toBe(200)
  expect(client.rest).toBe('')
  expect(upstream.received).toHaveLength(1)
  client.socket.destroy()
  const { error } = JSON.parse(body.toString()) as { error: { code: string; message: string } }
  return { status, code: error.code, message: error.message }
}

const form = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, END])
const good = (): readonly Buffer[] => [text('model', 'gpt-image-2'), text('prompt', 'a'), file(square)]
const disposition = 'content-disposition: form-data; name="prompt"'

describe('a form that is malformed is refused, and its connection lives on', () => {
  it.each<[what: string, body: () => Buffer, message: string]>([
    ['empty', () => Buffer.alloc(0), 'The body is empty.'],
    ['without a delimiter', () => Buffer.from('prompt=a&image=b'), 'does not begin with the boundary'],
    [
      'with a preamble',
      () => Buffer.concat([Buffer.from('hello\r\n'), edit(square)]),
      'does not begin with the boundary',
    ],
    ['with another boundary', () => Buffer.from('--other\r\n\r\n\r\n--other--'), 'does not begin with the boundary'],
    ['without its end', () => Buffer.concat(good()), 'The form ends too early'],
    [
      'with half of its end',
      () => Buffer.concat([...good(), Buffer.from(`--${BOUNDARY}-`)]),
      'The form ends too early',
    ],
    ['cut off in a header', () => Buffer.concat([...good(), Buffer.from(`--${BOUNDARY}\r\nconte`)]), 'ends too early'],
    [
      'with more behind its end',
      () => Buffer.concat([edit(square), Buffer.from('x')]),
      'Something follows the closing',
    ],
    ['twice', () => Buffer.concat([edit(square), edit(square)]), 'Something follows the closing'],
    [
      'with a boundary that goes on',
      () => Buffer.concat([...good(), Buffer.from(`--${BOUNDARY}x\r\n`)]),
      'followed by',
    ],
    [
      'with lines that end in LF',
      () => Buffer.from(edit(square).toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
      'followed by',
    ],
    [
      'with the boundary in its data',
      () => form(...good(), part(disposition, `x\r\n--${BOUNDARY} y`)),
      'The boundary is followed by something else',
    ],
    [
      'with data that begins with the boundary',
      () => form(...good(), part(disposition, `--${BOUNDARY}\r\n${disposition}\r\n\r\nx`)),
      'begins with the boundary',
    ],
    [
      'nested',
      () =>
        form(
          part(`content-disposition: form-data; name="image"\r\ncontent-type: multipart/mixed; boundary=y`, '--y--'),
        ),
      'is a multipart message itself',
    ],
    // As large as a refused body may be, for its connection to live on.
    ['with 280,000 parts', () => form(Buffer.alloc(16_000_000, text('n', '1'))), 'more than 128 parts'],
    [
      'with headers of a megabyte',
      () => form(part(`${disposition}\r\nx: ${'y'.repeat(1_048_576)}`, '')),
      '16 KiB of headers',
    ],
    [
      'with a million headers',
      () => form(part(`${disposition}${'\r\nx: y'.repeat(1_000_000)}`, '')),
      '16 KiB of headers',
    ],
    ['with a part without headers', () => form(Buffer.from(`--${BOUNDARY}\r\n\r\nx\r\n`)), 'no Content-Disposition'],
    [
      'with another disposition',
      () => form(part('content-disposition: attachment; name="n"', '')),
      'must be form-data',
    ],
    [
      'with two dispositions',
      () => form(part(`${disposition}\r\n${disposition}`, '')),
      'two content-disposition headers',
    ],
    ['with a part without a name', () => form(part('content-disposition: form-data', '')), 'has no name parameter'],
    ['with an empty name', () => form(part('content-disposition: form-data; name=""', '')), 'has an empty name'],
    ['with two names', () => form(part(`${disposition}; name="n"`, '')), 'has the same parameter twice'],
    [
      'with a name in another coding',
      () => form(part(`${disposition}; name*=utf-8''n`, '')),
      'has a parameter other than',
    ],
    [
      'with a quote in a name',
      () => form(part('content-disposition: form-data; name="a\\"b"', '')),
      'parsers read differently',
    ],
    [
      'with a line break in a name',
      () => form(part('content-disposition: form-data; name="a%0d%0ab"', '')),
      'read differently',
    ],
    ['with a name that never ends', () => form(part('content-disposition: form-data; name="a', '')), 'is malformed'],
    [
      'with a name that is no UTF-8',
      () => form(Buffer.from(part('content-disposition: form-data; name="\xff"', '').toString('utf8'), 'latin1')),
      'not valid UTF-8',
    ],
    [
      'with a header on two lines',
      () => form(part('content-disposition: form-data;\r\n name="n"', '')),
      'over several lines',
    ],
    [
      'with a NUL in a header',
      () => form(part('content-disposition: form-data; name="a\0b"', '')),
      'control character',
    ],
    ['with a header without a colon', () => form(part(`${disposition}\r\nhello`, '')), 'malformed header line'],
    [
      'with an encoding',
      () => form(part(`${disposition}\r\ncontent-transfer-encoding: base64`, 'YQ==')),
      'Content-Transfer-Encoding',
    ],
    ['with an empty file name', () => form(file(square, 'image', '')), 'empty filename'],
    ['with a text that is no UTF-8', () => form(part(disposition, Buffer.from([0xff]))), 'not valid UTF-8'],
  ])('%s', async (_what, body, message) => {
    const refusal = await refusalOf(upload(body()))
    expect(refusal).toMatchObject({ status: 400, code: 'invalid_form' })
    expect(refusal.message).toContain(message)
  })

  it.each([
    ['multipart/form-data', 'has no boundary'],
    ['multipart/form-data; boundary=', 'is malformed'],
    ['multipart/form-data; boundary=""', 'has no boundary'],
    [`multipart/form-data; boundary=${'x'.repeat(71)}`, 'longer than 70 characters'],
    ['multipart/form-data; boundary="a b"', 'a character that is not allowed'],
    [`multipart/form-data; boundary=${BOUNDARY}; boundary=other`, 'the same parameter twice'],
    ['multipart/form-data; boundary=a@b', 'is malformed'],
    ['multipart/form-data; boundary="limit', 'is malformed'],
  ])('under the type %s', async (contentType, message) => {
    const refusal = await refusalOf(upload(edit(square), { 'content-type': contentType }))
    expect(refusal).toMatchObject({ status: 400, code: 'invalid_form' })
    expect(refusal.message).toContain(message)
  })

  it('with nothing of what it holds in the message or the log', async () => {
    const secret = 'geheimnis'
    const bodies = [
      form(part(`content-disposition: form-data; name="${secret}\\"x"`, secret)),
      form(file(square, secret, `${secret}\\"; x=`)),
      Buffer.from(`--${secret}\r\n`),
      form(part(`${disposition}\r\n${secret}`, secret)),
    ]
    const before = gateway.lines.length
    for (const body of bodies) {
      upstream.received.length = 0
      expect((await refusalOf(upload(body))).message).not.toContain(secret)
    }
    await eventually('all are logged', () => gateway.lines.length >= before + bodies.length)
    expect(gateway.lines.slice(before).join('')).not.toContain(secret)
  })
})

describe('a body of another type', () => {
  it.each(['multipart/mixed; boundary=limit', 'text/plain', 'application/x-www-form-urlencoded', undefined])(
    'is a 415 that its client gets to see, however much it sends: %s',
    async (contentType) => {
      for (const bytes of [100, 3_000_000]) {
        const client = await WireClient.to(gateway.url)
        const writing = client.write(upload(Buffer.alloc(bytes), { 'content-type': contentType }))
        const { status, body } = await client.answer()
        expect([status, body.toString()]).toEqual([415, expect.stringContaining('unsupported_media_type')])
        client.socket.destroy()
        await writing
      }
      expect(upstream.received).toEqual([])
    },
  )
})

describe('a file name', () => {
  it.each([
    '../../../../etc/passwd',
    '..\\..\\windows',
    '/etc/passwd',
    'a.png',
    '🦊 größe.png',
    'a%22b.png',
    "it's.png",
    'a;b=c.png',
    'x'.repeat(8000),
    '.',
    '\\\\',
    'a\\"b.png',
  ])('goes upstream as it is spelled and touches no disk: %s', async (filename) => {
    const client = await WireClient.to(gateway.url)
    const body = Buffer.concat([
      text('model', 'gpt-image-2'),
      text('prompt', 'a'),
      file(square, 'image', filename),
      END,
    ])
    await client.write(upload(body))
    expect((await client.answer()).status).toBe(200)
    expect(upstream.received[0]?.body.equals(body)).toBe(true)
    client.socket.destroy()
  })

  it.each(['a\r\nb.png', 'a\nb.png', 'a\0b.png', 'a"b.png', 'a\\"; name="mask', 'a\\"b=c.png'])(
    'is refused where parsers would read it differently: %j',
    async (filename) => {
      const body = Buffer.concat([
        text('model', 'gpt-image-2'),
        text('prompt', 'a'),
        file(square, 'image', filename),
        END,
      ])
      expect(await refusalOf(upload(body))).toMatchObject({ status: 400, code: 'invalid_form' })
    },
  )
})
