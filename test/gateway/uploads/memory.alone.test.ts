import { once } from 'node:events'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { startGateway } from '../../helpers/gateway.ts'
import { picture } from '../../helpers/images.ts'
import { memory } from '../../helpers/memory.ts'
import { UpstreamServer } from '../../helpers/upstream-server.ts'
import { imageAnswer } from '../../helpers/upstream.ts'
import { BOUNDARY, census, END, text } from './wire-client.ts'
import type { TestGateway } from '../../helpers/gateway.ts'

const MEGABYTE = 1_000_000
/** Bytes on their way in both directions, those of client and upstream included, which are in this process. */
const MAY_HOLD = 8 * MEGABYTE
/** Garbage that the collector has not reclaimed yet. */
const MAY_GROW_BY = 80 * MEGABYTE

let upstream: UpstreamServer
let gateway: TestGateway
let received = 0

beforeAll(async () => {
  upstream = new UpstreamServer({
    onRequest: (incoming, response) => {
      received = 0
      incoming.on('data', (chunk: Buffer) => (received += chunk.length))
      incoming.on('end', () => {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(imageAnswer()))
      })
    },
  })
  await upstream.listen()
  gateway = await startGateway(upstream.url, { MAX_UPLOAD_BYTES: String(300 * MEGABYTE) })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

interface Upload {
  readonly contentType: string
  readonly before: Buffer
  readonly filling: readonly Buffer[]
  readonly after: Buffer
}

/** Sends an upload that nobody has in memory. Returns the most that was held meanwhile. */
async function send({ contentType, before, filling, after }: Upload): Promise<number> {
  const bytes = filling.reduce((sum, piece) => sum + piece.length, before.length + after.length)
  const outgoing = request(`${gateway.url}/v1/images/edits`, {
    method: 'POST',
    headers: { 'content-type': contentType, 'content-length': bytes },
  })
  const answered = once(outgoing, 'response')
  outgoing.write(before)
  let most = 0
  for (const [index, piece] of filling.entries()) {
    if (!outgoing.write(piece)) await once(outgoing, 'drain')
    if (index % 70 === 69) most = Math.max(most, (await memory()).heldBytes)
  }
  outgoing.end(after)
  const [response] = await answered
  expect(response.statusCode).toBe(200)
  response.resume()
  await once(response, 'end')
  expect(received).toBe(bytes)
  return Math.max(most, (await memory()).heldBytes)
}

describe('an upload', () => {
  it.each([
    ['of 200 MB as a form', 200, 40],
    ['of 30 MB as JSON', 30, 15],
  ])('%s is never held in memory', async (kind, megabytes, each) => {
    const square = await picture(64, 64)
    const megabyte = Buffer.alloc(MEGABYTE, 'A')
    const isJson = kind.includes('JSON')
    const fileHead = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="image[]"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n`
    const [open, close] = isJson
      ? [Buffer.from(`{"image_url":"data:image/png;base64,${square.toString('base64')}`), Buffer.from('"},')]
      : [Buffer.concat([Buffer.from(fileHead), square]), Buffer.from('\r\n')]
    // Several images: each is smaller than what a model takes of one. The same megabyte all the time.
    const filling = Array.from({ length: megabytes }, (_, at) => [
      ...(at % each === 0 ? [open] : []),
      megabyte,
      ...(at % each === each - 1 ? [close] : []),
    ]).flat()
    const upload: Upload = isJson
      ? {
          contentType: 'application/json',
          before: Buffer.from('{"model":"gpt-image-2","prompt":"a","images":['),
          filling,
          after: Buffer.from('{"file_id":"x"}]}'),
        }
      : {
          contentType: `multipart/form-data; boundary=${BOUNDARY}`,
          before: Buffer.concat([text('model', 'gpt-image-2'), text('prompt', 'a')]),
          filling,
          after: END,
        }
    await send({ ...upload, filling: [open, close] })
    const before = await memory()
    const most = await send(upload)
    expect(most - before.heldBytes).toBeLessThan(MAY_HOLD)
    expect((await memory()).takenBytes - before.takenBytes).toBeLessThan(MAY_GROW_BY)
    await eventually('its file is closed', async () => {
      const { openFiles, filesOnDisk } = await census(gateway)
      return openFiles + filesOnDisk === 0
    })
  })
})
