import { once } from 'node:events'
import { connect } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UPSTREAM_KEY } from '../helpers/gateways/gateway-client.ts'
import { startGateway } from '../helpers/gateway.ts'
import { readAnswers } from '../helpers/raw-answers.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { RawAnswers } from '../helpers/raw-answers.ts'
import type { Script, ScriptedUpstream } from '../helpers/upstream.ts'

const JSON_TYPE = 'content-type: application/json'
const EVENTS_TYPE = 'content-type: text/event-stream'
const SMALL = JSON.stringify(imageAnswer())
/** Larger than what is looked at before the client gets a status, so that it is relayed as it comes. */
const LARGE = JSON.stringify(imageAnswer({ data: [{ b64_json: 'A'.repeat(300_000) }] }))
const NEXT = JSON.stringify(imageAnswer({ created: 2 }))

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url, { UPSTREAM_RETRIES: '0' })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

/** Answers with these bytes, whatever its head says of them, and closes the connection. */
function raw(head: readonly string[], body: string | Buffer, status = '200 OK'): Script {
  return (response) => {
    response.socket?.write([`HTTP/1.1 ${status}`, ...head, '', ''].join('\r\n'))
    response.socket?.end(body)
  }
}

function length(bytes: number): string {
  return `content-length: ${bytes}`
}

/** The bytes as one chunk of a chunked body. */
function chunk(body: string): string {
  return `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`
}

function event(data: object, padding = ''): string {
  return `data: ${JSON.stringify(data)}${padding}\n\n`
}

function completed(b64: string): string {
  return event({ type: 'image_generation.completed', b64_json: b64, usage: { total_tokens: 1 } })
}

let orders = 0

/** Two orders on one connection: the upstream answers the first with the script, the second with `NEXT`. */
async function twoOrders(script: Script, parameters: object = {}): Promise<RawAnswers> {
  const next = answerJson(NEXT)
  upstream.script = (response, request) => (request.body.includes('second') ? next : script)(response, request)
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (bytes: Buffer) => void chunks.push(bytes))
  socket.on('error', () => {})
  socket.write(order({ prompt: `first ${++orders}`, ...parameters }))
  socket.write(order({ prompt: 'second' }, 'connection: close'))
  await once(socket, 'close')
  return readAnswers(Buffer.concat(chunks))
}

function order(parameters: object, ...head: string[]): string {
  const body = JSON.stringify({ model: 'gpt-image-2', ...parameters })
  const line = 'POST /v1/images/generations HTTP/1.1'
  return [line, 'host: localhost', JSON_TYPE, length(body.length), ...head, '', body].join('\r\n')
}

/** The first of two answers, neither of which has a byte of the other. */
async function inStep(script: Script, parameters: object = {}): Promise<RawAnswers['answers'][number]> {
  const { answers, rest } = await twoOrders(script, parameters)
  expect(rest.toString('latin1').slice(0, 200)).toBe('')
  expect(answers.map(({ body }) => body.toString('latin1').slice(0, 40))).toHaveLength(2)
  const [first, second] = answers
  expect([second?.status, second?.body.toString()]).toEqual([200, NEXT])
  if (first === undefined) throw new Error('no answer')
  return first
}

describe('the bytes of the upstream go on with their length', () => {
  it.each([
    ['small', SMALL],
    ['large', LARGE],
  ])('where they go on as they are: a %s answer', async (_size, body) => {
    const first = await inStep(raw([JSON_TYPE, length(body.length)], body))
    expect(first.headers.get('content-length')).toBe(String(body.length))
    expect(first.body.toString()).toBe(body)
  })

  it.each([
    ['small', SMALL],
    ['large', JSON.stringify(imageAnswer({ data: [{ b64_json: randomText(300_000) }] }))],
  ])('where they go on packed: a %s answer', async (_size, body) => {
    const packed = gzipSync(body)
    const first = await inStep(raw([JSON_TYPE, 'content-encoding: gzip', length(packed.length)], packed))
    expect(first.headers.get('content-length')).toBe(String(packed.length))
    expect(first.headers.get('content-encoding')).toBe('gzip')
    expect(gunzipSync(first.body).toString()).toBe(body)
  })

  it('or in chunks, where the upstream does not know it', async () => {
    const first = await inStep(raw([JSON_TYPE, 'transfer-encoding: chunked'], chunk(LARGE)))
    expect(first.headers.get('transfer-encoding')).toBe('chunked')
    expect(first.body.toString()).toBe(LARGE)
  })

  it('or in chunks, where the upstream ends it with the connection', async () => {
    expect((await inStep(raw([JSON_TYPE], LARGE))).body.toString()).toBe(LARGE)
  })
})

it('an answer from which the upstream key was taken out has a length of its own', async () => {
  const body = JSON.stringify(imageAnswer({ error: { message: `no ${UPSTREAM_KEY}` } }))
  const first = await inStep(raw([JSON_TYPE, length(body.length)], body))
  expect(first.body.toString()).toBe(body.replace(UPSTREAM_KEY, '[redacted]'))
  expect(first.headers.get('content-length')).toBe(String(first.body.length))
})

describe('events that nobody asked for do not put a connection out of step', () => {
  const images = completed('A'.repeat(300_000))
  it.each<[string, string]>([
    ['small ones', completed('aW1hZ2U=')],
    ['large ones', images],
    ['after a comment that is left out', `: keep-alive\n\n${images}`],
    ['beside an event that is left out', `${completed('aW1hZ2U=')}data: {broken\n\n${images}`],
    ['without the last empty line, which is added', images.trimEnd()],
    ['before bytes that are left out', `${images}data: [DONE]\n\n${event({ late: true }, ' '.repeat(100_000))}`],
    ['before an error', `${images}${event({ type: 'error', error: { message: 'no', code: 'server_error' } })}`],
    ['with an error in place of an image', event({ error: { message: 'no', code: 'moderation_blocked' } })],
  ])('%s', async (_what, body) => {
    const { answers, rest } = await twoOrders(raw([EVENTS_TYPE, length(body.length)], body))
    expect(rest.toString('latin1').slice(0, 200)).toBe('')
    expect(answers.at(-1)?.body.toString()).toBe(NEXT)
    expect(answers).toHaveLength(2)
    expect([undefined, String(answers[0]?.body.length)]).toContain(answers[0]?.headers.get('content-length'))
  })
})

describe('one answer in JSON to an order of events does not put a connection out of step', () => {
  it.each([
    ['small', SMALL],
    ['large', LARGE],
  ])('where it is %s', async (_size, body) => {
    const first = await inStep(raw([JSON_TYPE, length(body.length)], body), { stream: true })
    expect(first.headers.get('content-type')).toContain('text/event-stream')
    expect(first.headers.has('content-length')).toBe(false)
  })
})

describe('an answer of another length than it says', () => {
  it.each<[string, Script]>([
    ['shorter', raw([JSON_TYPE, length(LARGE.length + 1)], LARGE)],
    ['shorter and packed', raw([JSON_TYPE, 'content-encoding: br', length(90_000)], Buffer.alloc(80_000, 'x'))],
  ])('is cut off where it is %s: nothing else comes on its connection', async (_what, script) => {
    const { answers } = await twoOrders(script)
    expect(answers.map(({ status }) => status)).toEqual([])
  })

  it('ends with an error in its last event, where it has events', async () => {
    const cut = `data: {"type":"image_generation.completed","b64_json":"${'A'.repeat(300_000)}`
    const first = await inStep(raw([EVENTS_TYPE, length(1_000_000)], cut))
    expect(first.body.subarray(-400).toString()).toContain('"code":"upstream_failed"')
  })

  it('says so with a status where the client has none yet', async () => {
    const first = await inStep(raw([JSON_TYPE, length(SMALL.length + 1)], SMALL))
    expect([first.status, first.body.toString()]).toEqual([502, expect.stringContaining('upstream_failed')])
  })

  it.each([
    ['small', SMALL],
    ['large', LARGE],
  ])('is read to that length where it is longer: a %s one', async (_size, body) => {
    const first = await inStep(raw([JSON_TYPE, length(body.length)], `${body}HTTP/1.1 200 OK\r\n\r\nsmuggled`))
    expect(first.body.toString()).toBe(body)
  })

  it.each<[string, readonly string[], string]>([
    ['a length and chunks', [length(10), 'transfer-encoding: chunked'], chunk(LARGE)],
    ['chunks and a length', ['transfer-encoding: chunked', length(1_000_000)], chunk(LARGE)],
    ['two lengths', [length(LARGE.length), length(10)], LARGE],
    ['a length that is no number', ['content-length: ten'], LARGE],
    ['a length with a sign', [`content-length: +${LARGE.length}`], LARGE],
    ['an empty length', ['content-length: '], LARGE],
  ])('never reaches the client: %s', async (_what, head, body) => {
    const { answers, rest } = await twoOrders(raw([JSON_TYPE, ...head], body))
    expect(rest.toString('latin1').slice(0, 200)).toBe('')
    expect(answers.map(({ body: said }) => said.toString()).at(-1)).toBe(NEXT)
    expect(answers[0]?.body.toString()).toSatisfy((said: string) => said === LARGE || said.includes('upstream_failed'))
  })
})

describe('a status that has no body', () => {
  it.each(['204 No Content', '304 Not Modified'])('%s is an error, whatever length it names', async (status) => {
    const first = await inStep(raw([JSON_TYPE, length(SMALL.length)], '', status))
    expect(first.status).toBe(502)
  })

  it.each(['204 No Content', '304 Not Modified'])('%s is an error also with a body', async (status) => {
    const first = await inStep(raw([JSON_TYPE, length(SMALL.length)], SMALL, status))
    expect(first.status).toBe(502)
  })

  it.each(['203 Non-Authoritative Information', '205 Reset Content', '206 Partial Content'])(
    '%s has one, and its length',
    async (status) => {
      const first = await inStep(raw([JSON_TYPE, length(LARGE.length)], LARGE, status))
      expect([first.status, first.body.toString()]).toEqual([Number(status.slice(0, 3)), LARGE])
    },
  )
})

/** Text that gzip cannot make much smaller. */
function randomText(bytes: number): string {
  let state = 1
  return Array.from({ length: bytes }, () => {
    state = (state * 48_271) % 2_147_483_647
    return String.fromCharCode(65 + (state % 26))
  }).join('')
}
