import { describe, expect, it } from 'vitest'
import { authorization, send, smuggling, uploading } from './uploading.ts'
import { chunked, edit, END, file, head, text, upload, WireClient } from './wire-client.ts'

const world = uploading()

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
    const client = await WireClient.to(world.gateway.url)
    const writing = client.write(request())
    expect((await client.answer()).status).toBe(status)
    await writing
    expect(world.upstream.received).toEqual([])
    for (let count = 0; count < 2; count++) {
      await client.write(send(edit(world.square)))
      expect((await client.answer()).status).toBe(200)
    }
    expect(client.rest).toBe('')
    expect(world.upstream.received.map(({ url }) => url)).toEqual(['/v1/images/edits', '/v1/images/edits'])
    client.socket.destroy()
  })

  it.each(['/v1/images/edit', '/images/edits', '/v1/v1/images/edits', '/v1/images/variations/'])(
    'at a URL that does not exist or is another: %s',
    async (path) => {
      const client = await WireClient.to(world.gateway.url)
      const body = edit(smuggling(3_000_000))
      const writing = client.write(
        Buffer.concat([Buffer.from(head(path, { authorization, 'content-length': body.length })), body]),
      )
      expect((await client.answer()).status).toBeGreaterThanOrEqual(400)
      await writing
      await client.write(send(edit(world.square)))
      expect((await client.answer()).status).toBe(200)
      expect(world.upstream.received).toHaveLength(1)
      client.socket.destroy()
    },
  )

  it('has its answer before the upload is over', async () => {
    for (const [headers, status] of [
      [{ 'content-length': 9_000_000 }, 413],
      [{ 'content-length': 5_000_000, authorization: 'Bearer sk-wrong' }, 401],
      [{ 'content-length': 5_000_000 }, 400],
    ] as const) {
      const another = await WireClient.to(world.gateway.url)
      await another.write(head('/v1/images/edits', { authorization, ...headers }))
      await another.write('--other')
      expect((await another.answer()).status).toBe(status)
      another.socket.destroy()
    }
  })
})
