import { describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { turns } from '../../helpers/time/turns.ts'
import { send, uploading } from './uploading.ts'
import { chunked, edit, WireClient } from './wire-client.ts'

const world = uploading()

describe('an upload that is cut off', () => {
  it('anywhere leaves nothing behind and buys nothing', async () => {
    const body = edit(world.large)
    const request = send(body)
    const start = request.length - body.length
    const cuts = [
      1,
      20,
      ...[-1, 0, 1, 50, 150, 250, 262_143, 262_145].map((more) => start + more),
      ...Array.from({ length: 10 }, (_, index) => start + 100_000 + index * 290_001),
      ...[1, 2, 3, 4, 9, 10, 11, 12, 13].map((left) => request.length - left),
    ]
    await Promise.all(
      cuts.flatMap((cut) =>
        (['end', 'reset'] as const).map(async (how) => {
          const client = await WireClient.to(world.gateway.url)
          await client.write(request.subarray(0, cut))
          await turns(how === 'end' ? 1 : 20)
          if (how === 'end') client.socket.end()
          else client.socket.resetAndDestroy()
          await client.closed
        }),
      ),
    )
    expect(world.upstream.received).toEqual([])
  })

  it('in chunks leaves nothing behind either', async () => {
    const request = send(chunked(edit(world.large), 50_000), {
      'content-length': undefined,
      'transfer-encoding': 'chunked',
    })
    for (const cut of [request.length - 1, request.length - 4, request.length - 5, 2_000_000, 400]) {
      const client = await WireClient.to(world.gateway.url)
      await client.write(request.subarray(0, cut))
      client.socket.end()
      await client.closed
    }
    expect(world.upstream.received).toEqual([])
  })

  it('is a line in the log that is not a failure of the gateway', async () => {
    const before = world.gateway.lines.length
    const client = await WireClient.to(world.gateway.url)
    await client.write(send(edit(world.large)).subarray(0, 1_000_000))
    await turns()
    client.socket.resetAndDestroy()
    await eventually('the upload is logged', () => world.gateway.lines.length > before)
    expect(world.gateway.parsedLines(before)).toMatchObject([
      { msg: 'request', level: 30, status: 499, endpoint: 'images.edits' },
    ])
  })

  it('whose length is more than what comes waits for the rest; what is beyond it is no request of its own', async () => {
    const body = edit(world.square)
    const longer = await WireClient.to(world.gateway.url)
    await longer.write(send(body, { 'content-length': body.length + 5 }))
    await turns()
    expect(world.upstream.received).toEqual([])
    await longer.write('12345')
    expect((await longer.answer()).status).toBe(400)
    longer.socket.destroy()

    const shorter = await WireClient.to(world.gateway.url)
    await shorter.write(send(body, { 'content-length': body.length - 5 }))
    await shorter.closed
    expect(shorter.rest).not.toContain('200 OK')
    expect(world.upstream.received).toEqual([])
  })

  it('is not, where only a line break follows that no length counts', async () => {
    const client = await WireClient.to(world.gateway.url)
    await client.write(Buffer.concat([send(edit(world.square)), Buffer.from('\r\n\r\n'), send(edit(world.square))]))
    expect([(await client.answer()).status, (await client.answer()).status]).toEqual([200, 200])
    client.socket.destroy()
  })

  it.each(['5, 6', '-1', '1e3', '0x10', '99999999999999999999', ''])(
    'is no request with the length %j',
    async (length) => {
      const client = await WireClient.to(world.gateway.url)
      await client.write(send(edit(world.square), { 'content-length': length }))
      expect((await client.answer()).status).toBe(400)
      await client.closed
      expect(world.upstream.received).toEqual([])
    },
  )

  it('is no request with a length and in chunks at once', async () => {
    const client = await WireClient.to(world.gateway.url)
    await client.write(send(edit(world.square), { 'transfer-encoding': 'chunked' }))
    expect((await client.answer()).status).toBe(400)
    await client.closed
    expect(world.upstream.received).toEqual([])
  })
})
