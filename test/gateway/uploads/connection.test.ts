import { describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { largePicture } from '../../helpers/images.ts'
import { answerJson, imageAnswer } from '../../helpers/upstream.ts'
import { authorization, send, uploading } from './uploading.ts'
import { chunked, edit, head, text, WireClient } from './wire-client.ts'

const world = uploading()

describe('an upload that comes slowly', () => {
  it('byte by byte arrives as it is, and so do others meanwhile', async () => {
    const body = edit(world.square)
    const client = await WireClient.to(world.gateway.url)
    await client.write(send(body).subarray(0, -body.length))
    const writing = client.writeSlowly(body)
    const other = await WireClient.to(world.gateway.url)
    for (let count = 0; count < 5; count++) {
      await other.write(send(edit(world.large)))
      expect((await other.answer()).status).toBe(200)
    }
    other.socket.destroy()
    await writing
    expect((await client.answer()).status).toBe(200)
    client.socket.destroy()
    expect(world.upstream.received).toHaveLength(6)
    expect(world.upstream.received.some((one) => one.body.equals(body))).toBe(true)
  })

  it.each([1, 7, 65_536])('in chunks of %d bytes arrives as it is, with a length', async (chunkBytes) => {
    const body = edit(chunkBytes < 10 ? await largePicture(chunkBytes * 50_000) : world.large)
    const client = await WireClient.to(world.gateway.url)
    await client.write(send(chunked(body, chunkBytes), { 'content-length': undefined, 'transfer-encoding': 'chunked' }))
    expect((await client.answer()).status).toBe(200)
    expect(world.upstream.received[0]?.headers).toMatchObject({ 'content-length': String(body.length) })
    expect(world.upstream.received[0]?.headers['transfer-encoding']).toBeUndefined()
    expect(world.upstream.received[0]?.body.equals(body)).toBe(true)
    client.socket.destroy()
  })
})

describe('a request behind an upload', () => {
  it('that was written before the answer came is answered after it, in order', async () => {
    const health = Buffer.from('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
    const client = await WireClient.to(world.gateway.url)
    const [first, second] = [edit(world.large), edit(world.square, text('n', '2'))]
    const refused = edit(world.square, text('n', '99'))
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
    expect(world.upstream.received.map(({ body }) => body.length).toSorted((a, b) => a - b)).toEqual([
      second.length,
      first.length,
    ])
    client.socket.destroy()
  })
})

describe('Expect: 100-continue', () => {
  it('is granted, and the upload goes on as any other', async () => {
    const body = edit(world.large)
    const client = await WireClient.to(world.gateway.url)
    await client.write(send(body, { expect: '100-continue' }).subarray(0, -body.length))
    expect((await client.answer()).status).toBe(100)
    await client.write(body)
    expect((await client.answer()).status).toBe(200)
    expect(world.upstream.received[0]?.body.equals(body)).toBe(true)
    expect(world.upstream.received[0]?.headers['expect']).toBeUndefined()
    client.socket.destroy()
  })

  it('does not keep a client from its refusal', async () => {
    for (const [headers, status] of [
      [{ 'content-length': 9_000_000 }, 413],
      [{ 'content-length': 1000, authorization: 'Bearer sk-wrong' }, 401],
    ] as const) {
      const client = await WireClient.to(world.gateway.url)
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
    world.upstream.script = (response, request) => {
      answer = () => void answerJson(imageAnswer())(response, request)
    }
    const client = await WireClient.to(world.gateway.url)
    await client.write(send(edit(world.large)))
    await eventually('the upload has arrived', () => world.upstream.received.length === 1)
    const before = world.gateway.lines.length
    client.socket.resetAndDestroy()
    await eventually('the client is seen leaving', () => world.gateway.lines.length > before)
    answer()
    await eventually('the generation is settled', () => world.gateway.lines.length > before + 1)
    expect(world.gateway.parsedLines(before)).toMatchObject([
      { msg: 'request', outcome: 'client_left', status: 499 },
      { msg: 'generation settled after its client had left', images: 1, totalTokens: 224 },
    ])
  })

  it('in the middle of the answer has it paid and its upload gone', async () => {
    world.upstream.script = answerJson(imageAnswer({ data: [{ b64_json: 'A'.repeat(4_000_000) }] }))
    const client = await WireClient.to(world.gateway.url)
    client.socket.once('data', () => client.socket.resetAndDestroy())
    await client.write(send(edit(world.large)))
    await client.closed
    await eventually('the generation is settled', () => world.gateway.app.underWay().length === 0)
    expect(world.upstream.received).toHaveLength(1)
  })
})
