import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { scriptedUpstream } from '../../helpers/upstream.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url)
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

describe('a URL that no route has', () => {
  it.each([
    ['/v1/v1/images/generations', 'The base URL has /v1 twice.'],
    ['/v1//images/generations', 'It has two slashes in a row'],
    ['//images/generations', 'It has two slashes in a row'],
    ['/images/generations', 'The base URL ends in /v1,'],
    ['/models', 'The base URL ends in /v1,'],
    ['/models/gpt-image-2', 'The base URL ends in /v1, with nothing'],
    ['/openai/v1/images/generations', 'The base URL ends in /v1, with nothing'],
    ['/api/v1/models', 'The base URL ends in /v1, with nothing'],
    ['/V1/images/generations', 'The base URL ends in /v1, with nothing'],
    ['/v1/image/generations', 'It is /v1/images/generations.'],
    ['/v1/images/generation', 'It is /v1/images/generations.'],
    ['/v1/images/edit', 'It is /v1/images/edits.'],
    ['/v1/chat/completions', 'This gateway serves /v1/images/generations'],
    ['/v1', 'This gateway serves /v1/images/generations'],
  ])('is a 404 that says what is wrong with it: %s', async (path, hint) => {
    const response = await fetch(gateway.url + path, { method: path.includes('models') ? 'GET' : 'POST' })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(hint) as unknown } })
  })
})

describe('a connection that speaks HTTP/2', () => {
  it('is told that the gateway speaks HTTP/1.1', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0')
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('The gateway speaks HTTP/1.1, and this connection began with HTTP/2.')
  })
})
