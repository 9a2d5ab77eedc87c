import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { generate, KEY, read, sandbox } from './calling.ts'

const { url } = await sandbox()
const auth = { authorization: `Bearer ${KEY}` }

describe('the key', () => {
  it.each<[string, Record<string, string>]>([
    ['without a key', {}],
    ['with a wrong key', { authorization: 'Bearer sk-wrong-secret' }],
    ['with another scheme', { authorization: `Basic ${KEY}` }],
  ])('is needed on /v1: %s the answer is 401 and does not repeat it', async (_name, headers) => {
    for (const path of ['/v1/models', '/v1/images/generations', '/v1/nothing']) {
      const answer = await read(await fetch(url + path, { headers }))
      expect(answer.status).toBe(401)
      expect(Object.keys(answer.error)).toEqual(['message', 'type', 'code'])
      expect(answer.error).toMatchObject({ type: 'comet_api_error', code: '' })
      expect(answer.error.message).toMatch(/^Invalid token \(request id: \w+\)$/)
      expect(answer.text).not.toContain('secret')
    }
  })
})

describe('routes', () => {
  it('list the models in the shape of OpenAI', async () => {
    const { status, body } = await read(await fetch(`${url}/v1/models`, { headers: auth }))
    const list = body.data ?? []
    expect([status, body['object']]).toEqual([200, 'list'])
    expect(list.map(({ id }) => id)).toEqual(expect.arrayContaining(['gpt-image-2', 'dall-e-3', 'qwen-image']))
    for (const entry of list) expect(Object.keys(entry)).toEqual(['id', 'object', 'created', 'owned_by'])
  })

  it.each([
    ['GET', '/x?secret=1', '/x'],
    ['POST', '/v1/image/generations', '/v1/image/generations'],
    ['GET', '/v1/images/generations', '/v1/images/generations'],
    ['POST', '//elsewhere/x', '//elsewhere/x'],
  ])('do not include %s %s', async (method, path, named) => {
    const { status, body } = await read(await fetch(url + path, { method, headers: auth }))
    expect(status).toBe(404)
    expect(body).toEqual({
      error: { message: `Invalid URL (${method} ${named})`, type: 'invalid_request_error', param: '', code: '' },
    })
  })

  it('have something to say at the root', async () => {
    const response = await fetch(url)
    expect([response.status, (await response.text()).includes('sandbox')]).toEqual([200, true])
  })

  it('survive targets that are no paths', async () => {
    const { port } = new URL(url)
    for (const target of ['*', 'http://elsewhere/']) {
      const status = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () =>
          socket.write(`OPTIONS ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
        )
        socket.once('data', (data) => resolve(data.toString().slice(9, 12)))
        socket.once('error', reject)
      })
      expect(status).toBe('404')
    }
  })
})

describe('a body', () => {
  it.each(['{"model":', '', '[]', 'null', '"x"'])('that is no JSON object gets 400: %s', async (body) => {
    const { status, error } = await generate(url, body)
    expect([status, error.code, error.type]).toEqual([400, 'bad_request_body', 'comet_api_error'])
  })

  it('of more than 64 MiB gets 413', async () => {
    const { status, error } = await generate(url, JSON.stringify({ prompt: 'x'.repeat(64 * 1024 * 1024) }))
    expect([status, error.code]).toEqual([413, 'read_request_body_failed'])
  })
})

describe('waiting', () => {
  it('takes time when there is a latency, and none for a refusal', async () => {
    const slow = await sandbox({ latencyMs: 200, random: () => 0 })
    const start = performance.now()
    await generate(slow.url, { model: 'gpt-image-2', prompt: 'x', size: 'huge' })
    const refusedAfter = performance.now() - start
    await generate(slow.url, { model: 'gpt-image-2', prompt: 'x', quality: 'high' })
    // 200 ms, half as much again for high, 20 % off by the dice.
    expect(performance.now() - start - refusedAfter).toBeGreaterThan(235)
  })

  it('ends when the client leaves, and the sandbox goes on', async () => {
    const slow = await sandbox({ latencyMs: 60_000 })
    const leaving = generate(slow.url, { model: 'gpt-image-2', prompt: 'x' }, { signal: AbortSignal.timeout(50) })
    await expect(leaving).rejects.toThrow()
    expect((await fetch(slow.url)).status).toBe(200)
  })

  it('does not keep the sandbox from closing', async () => {
    const slow = await startSandbox({ apiKey: KEY, latencyMs: 60_000, failureRate: 0 })
    const lost = expect(generate(slow.url, { model: 'gpt-image-2', prompt: 'x' })).rejects.toThrow(TypeError)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await slow.close()
    await lost
    await expect(fetch(slow.url)).rejects.toThrow(TypeError)
  })
})
