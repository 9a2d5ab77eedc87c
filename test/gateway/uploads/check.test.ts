import { describe, expect, it } from 'vitest'
import { authorization, send, smuggling, uploading } from './uploading.ts'
import { edit, head, text, WireClient } from './wire-client.ts'

const world = uploading()

describe('a check of an upload', () => {
  const check = (body: Buffer, headers: Readonly<Record<string, string | number | undefined>> = {}): Buffer =>
    Buffer.concat([
      Buffer.from(head('/gateway/check/edits', { authorization, 'content-length': body.length, ...headers })),
      body,
    ])

  it('takes megabytes, keeps nothing and asks nobody', async () => {
    const client = await WireClient.to(world.gateway.url)
    const verdicts = []
    for (const body of [
      edit(world.large),
      edit(world.large, text('n', '99')),
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
    expect(world.upstream.received).toEqual([])
    client.socket.destroy()
  })

  it('that is cut off leaves nothing behind', async () => {
    const request = check(edit(world.large))
    for (const cut of [500, 1_000_000, request.length - 1]) {
      const client = await WireClient.to(world.gateway.url)
      await client.write(request.subarray(0, cut))
      client.socket.end()
      await client.closed
    }
  })

  it('is a POST: a GET with an upload is refused, and its bytes are no request', async () => {
    const client = await WireClient.to(world.gateway.url)
    const request = check(edit(smuggling(500_000)))
    const writing = client.write(Buffer.concat([Buffer.from('GET'), request.subarray('POST'.length)]))
    const { status, headers } = await client.answer()
    expect([status, headers.get('allow')]).toEqual([405, 'POST'])
    await writing
    await client.write(send(edit(world.square)))
    expect((await client.answer()).status).toBe(200)
    client.socket.destroy()
    expect(world.upstream.received).toHaveLength(1)
  })
})
