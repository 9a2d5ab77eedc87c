import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import fastify from 'fastify'
import { unreadBodies } from '../../../src/http/plugins/unread-bodies.ts'
import { startGateway } from '../../helpers/gateway.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../../helpers/upstream.ts'
import { chunked, head, WireClient } from '../../gateway/uploads/wire-client.ts'
import type { Socket } from 'node:net'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

const MEGABYTE = 1_000_000
const KEY = 'sk-team-0123456789abcdef0123456789'
const authorization = `Bearer ${KEY}`
/** As far as a refused body is read: 4 MiB, what had come before, and what one turn of the event loop reads. */
const MAY_BE_READ = 8 * MEGABYTE
/** Larger than anything that is read for the sake of the connection. */
const HUGE = 300 * MEGABYTE

let upstream: ScriptedUpstream
let gateway: TestGateway
/** The gateway's side of the last connection. */
let connection: Socket

beforeAll(async () => {
  upstream = await scriptedUpstream()
  const keys = { GATEWAY_KEYS: `team=${KEY}`, AUTH_FAILURES_PER_MINUTE: '1000' }
  gateway = await startGateway(upstream.url, { MAX_BODY_BYTES: '1MiB', MAX_UPLOAD_BYTES: '2MiB', ...keys })
  gateway.app.server.server.on('connection', (socket: Socket) => (connection = socket))
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const PATHS = { json: '/v1/images/generations', form: '/v1/images/edits' } as const
const json = { 'content-type': 'application/json' }
const announced = { authorization, 'content-length': HUGE }
const inChunks = { authorization, 'transfer-encoding': 'chunked' }

/** Sends a body of bytes that are no form and no JSON, until all is sent or the connection is closed. */
async function sendAll(client: WireClient, bytes: number, isChunked: boolean): Promise<void> {
  const piece = Buffer.alloc(65_536, '-')
  const wire = isChunked ? chunked(piece, piece.length).subarray(0, -5) : piece
  for (let sent = 0; sent < bytes && !client.socket.destroyed; sent += piece.length) await client.write(wire)
}

describe('a body that is refused', () => {
  it.each<[what: string, status: number, path: string, headers: Record<string, string | number>]>([
    ['for its key', 401, PATHS.form, { ...announced, authorization: 'Bearer sk-wrong' }],
    ['for its key, in chunks', 401, PATHS.form, { ...inChunks, authorization: 'Bearer sk-wrong' }],
    ['as JSON for its key', 401, PATHS.json, { ...announced, ...json, authorization: 'Bearer sk-wrong' }],
    ['for its announced length', 413, PATHS.form, announced],
    ['for its length', 413, PATHS.json, { ...inChunks, ...json }],
    ['as JSON for its announced length', 413, PATHS.json, { ...announced, ...json }],
    ['in its first bytes', 400, PATHS.form, inChunks],
    ['for its type', 415, PATHS.form, { ...announced, 'content-type': 'text/plain' }],
    ['for its encoding', 415, PATHS.json, { ...inChunks, ...json, 'content-encoding': 'gzip' }],
    ['for its path', 404, '/v1/images/edit', announced],
    ['for its method', 405, '/v1/models', announced],
    ['for a URL that cannot be read', 400, '/v1/models/%zz', announced],
    ['for a URL that cannot be read, in chunks', 400, '/v1/models/%zz', inChunks],
    ['as no admin’s', 403, '/gateway/keys', { ...announced, ...json }],
  ])('%s is answered at once and not read to its end', async (_what, status, path, headers) => {
    const client = await WireClient.to(gateway.url)
    await client.write(head(path, headers))
    const sending = sendAll(client, HUGE, 'transfer-encoding' in headers)
    const answer = await client.answer()
    expect(answer.status).toBe(status)
    if ('content-length' in headers) expect(answer.headers.get('connection')).toBe('close')
    await Promise.all([sending, client.closed])
    expect(connection.bytesRead).toBeLessThan(MAY_BE_READ)
    expect(client.rest).toBe('')
  })

  it('leaves its connection for the next request where little of it is still coming', async () => {
    const client = await WireClient.to(gateway.url)
    for (const bytes of [1, 70_000, 12 * MEGABYTE]) {
      await client.write(head(PATHS.form, { authorization: 'Bearer sk-wrong', 'content-length': bytes }))
      const { status, headers } = await client.answer()
      expect([status, headers.get('connection')]).toEqual([401, 'keep-alive'])
      await client.write(Buffer.alloc(bytes))
    }
    await client.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
    expect((await client.answer()).status).toBe(200)
    client.socket.destroy()
  })

  it('is not read on for a client that ignores the end of its connection', async () => {
    const { hostname, port } = new URL(gateway.url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve))
    socket.write(head(PATHS.form, { ...announced, authorization: 'Bearer sk-wrong' }))
    const received = buffer(socket).catch(() => Buffer.alloc(0))
    for (let sent = 0; sent < HUGE && !socket.destroyed; sent += MEGABYTE)
      if (!socket.write(Buffer.alloc(MEGABYTE))) await Promise.race([once(socket, 'drain').catch(() => {}), closed])
    await closed
    expect((await received).toString()).toMatch(/^HTTP\/1.1 401 /)
    expect(connection.bytesRead).toBeLessThan(MAY_BE_READ)
  })

  it.each(['20MB', '2MB'])('of %s is answered as curl and fetch see it', async (size) => {
    const bytes = Number.parseInt(size, 10) * MEGABYTE
    const url = gateway.url + PATHS.form
    const type = 'multipart/form-data; boundary=x'
    for (let count = 0; count < 5; count++) {
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body: Buffer.alloc(bytes) })
      expect(answer.status).toBe(401)
    }
    const options = ['-s', '-H', `content-type: ${type}`, '--data-binary', '@-', '-w', ' %{http_code}', url]
    const curl = spawn('curl', options, { stdio: ['pipe', 'pipe', 'ignore'] })
    curl.stdin.on('error', () => {}).end(Buffer.alloc(bytes))
    const [output] = await Promise.all([buffer(curl.stdout), once(curl, 'close')])
    expect(output.toString()).toMatch(/invalid_api_key.* 401$/)
  })
})

describe('a body that nobody reads', () => {
  /** A server whose handlers read no body; one of them takes its time. */
  async function serving(): Promise<{ url: string; opened: PromiseWithResolvers<string>; close: () => Promise<void> }> {
    const app = fastify()
    const opened = Promise.withResolvers<string>()
    await app.register(unreadBodies, { large: { bytes: 100_000, ms: 40 } })
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload))
    app.get('/slow', () => opened.promise)
    app.get('/', () => 'next')
    app.post('/', () => 'refused')
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return { url, opened, close: async () => app.close() }
  }

  /** Waits as long as a body has that never comes: whatever began before has used up its time. */
  async function closedByServer(url: string): Promise<void> {
    const client = await WireClient.to(url)
    await client.write(head('/', { 'transfer-encoding': 'chunked' }))
    await client.closed
  }

  it('and never comes has its connection closed some time after the answer', async () => {
    const server = await serving()
    const client = await WireClient.to(server.url)
    await client.write(head('/', { 'transfer-encoding': 'chunked' }))
    expect((await client.answer()).body.toString()).toBe('refused')
    await client.closed
    await server.close()
  })

  it('and has come in time leaves its connection for others, however long they take', async () => {
    const server = await serving()
    const client = await WireClient.to(server.url)
    await client.write(head('/', { 'transfer-encoding': 'chunked' }))
    expect((await client.answer()).body.toString()).toBe('refused')
    await client.write(chunked(Buffer.alloc(50_000), 10_000))
    await closedByServer(server.url)
    await client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    expect((await client.answer()).body.toString()).toBe('next')
    client.socket.destroy()
    await server.close()
  })

  it('is read on behind the answer for a client that asked for the end of the connection', async () => {
    const server = await serving()
    const { hostname, port } = new URL(server.url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    const over = finished(socket) // rejects where the connection is reset
    let received = ''
    socket.setEncoding('utf8').on('data', (text: string) => (received += text))
    socket.write(head('/', { 'content-length': 10 * MEGABYTE, connection: 'close' }))
    await once(socket, 'end')
    socket.end(Buffer.alloc(10 * MEGABYTE))
    await over
    expect(received).toMatch(/refused$/)
    await server.close()
  })

  it('does not cut off an earlier answer on its connection, however long that takes', async () => {
    const server = await serving()
    const client = await WireClient.to(server.url)
    await client.write('GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await client.write(head('/', { 'content-length': HUGE }))
    await client.write(Buffer.alloc(500_000))
    await closedByServer(server.url)
    server.opened.resolve('slow')
    expect([(await client.answer()).body.toString(), (await client.answer()).body.toString()]).toEqual([
      'slow',
      'refused',
    ])
    await client.closed
    await server.close()
  })
})

describe('Expect: 100-continue', () => {
  const expecting = { ...json, authorization, expect: '100-continue' }
  const order = Buffer.from('{"model":"gpt-image-2","prompt":"a"}')

  it('is answered with 100 once the body is wanted', async () => {
    const client = await WireClient.to(gateway.url)
    await client.write(head(PATHS.json, { ...expecting, 'content-length': order.length }))
    expect((await client.answer()).status).toBe(100)
    await client.write(order)
    expect((await client.answer()).status).toBe(200)
    client.socket.destroy()
  })

  it.each<[what: string, status: number, headers: Record<string, string | number>]>([
    ['for its key', 401, { 'content-length': 5, authorization: 'Bearer sk-wrong' }],
    ['for its announced length', 413, { 'content-length': HUGE }],
    ['for its policy', 400, { 'content-length': 5, 'x-gateway-parameter-policy': 'lax' }],
    ['for its encoding', 415, { 'content-length': 5, 'content-encoding': 'gzip' }],
  ])('is answered with the refusal %s and without 100', async (_what, status, headers) => {
    const client = await WireClient.to(gateway.url)
    await client.write(head(PATHS.json, { ...expecting, ...headers }))
    const answer = await client.answer()
    expect([answer.status, answer.headers.get('connection')]).toEqual([status, 'close'])
    await client.closed
  })
})
