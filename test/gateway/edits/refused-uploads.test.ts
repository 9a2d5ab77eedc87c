import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { largePicture } from '../../helpers/images.ts'
import { openFilesBelow } from '../../helpers/open-files.ts'
import { editing, form } from './editing.ts'

const world = editing()

describe('an upload that is refused', () => {
  it('is a 413 with the limit in its message, whether its length is announced or not', async () => {
    const data = form({ model: 'gpt-image-2', prompt: 'a', image: new Blob([Buffer.alloc(9_000_000)]) })
    const { response } = await world.post(data)
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({
      error: {
        code: 'request_too_large',
        message: expect.stringContaining('8000000 bytes (MAX_UPLOAD_BYTES)') as unknown,
      },
    })
    const chunked = await fetch(`${world.gateway.url}/v1/images/edits`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: new Blob([
        `--x\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n`,
        Buffer.alloc(9_000_000),
      ]).stream(),
      duplex: 'half',
    })
    expect(chunked.status).toBe(413)
  })

  it('leaves no file behind, nor does one that breaks off', async () => {
    await world.post(form({ model: 'gpt-image-9', prompt: 'a', image: new Blob([await largePicture(1_000_000)]) }))
    const abort = new AbortController()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('--x\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n'))
        controller.enqueue(new Uint8Array(1_000_000))
      },
    })
    const broken = fetch(`${world.gateway.url}/v1/images/edits`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body,
      duplex: 'half',
      signal: abort.signal,
    }).catch((error: unknown) => error)
    await eventually('it waits on disk', () => openFilesBelow(join(world.gateway.directory, 'spool')) === 1)
    abort.abort()
    await broken
    await eventually('no spool file is open', () => openFilesBelow(join(world.gateway.directory, 'spool')) === 0)
    expect(readdirSync(join(world.gateway.directory, 'spool'))).toEqual([])
  })

  it('is a 415 as another type, and a 400 without a boundary or a body', async () => {
    const send = (headers: Record<string, string>, body: string | null = 'x') =>
      fetch(`${world.gateway.url}/v1/images/edits`, { method: 'POST', headers, body })
    const text = await send({ 'content-type': 'text/plain' })
    expect([text.status, await text.json()]).toMatchObject([
      415,
      { error: { message: 'Send the body as content-type: multipart/form-data or application/json.' } },
    ])
    expect((await send({ 'content-type': 'multipart/form-data' })).status).toBe(400)
    expect((await send({ 'content-type': 'multipart/form-data; boundary=x' }, '')).status).toBe(400)
    expect((await send({ 'content-type': 'multipart/form-data; boundary=x', 'content-encoding': 'gzip' })).status).toBe(
      415,
    )
  })
})
