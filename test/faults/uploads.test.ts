import { describe, expect, it } from 'vitest'
import { connect } from 'node:net'
import { once } from 'node:events'
import { eventually } from '../helpers/eventually.ts'
import { USAGE_MICROS } from './faulty-upstream.ts'
import { editOrder } from './forms.ts'
import { inWorld, openSpoolFiles } from './world.ts'
import type { EditOptions } from './forms.ts'

describe.concurrent('an edit whose client leaves', () => {
  it.each<[string, EditOptions]>([
    ['small', {}],
    ['as large as waits on disk', { imageBytes: 2_000_000 }],
  ])('is given to the retry, whose boundary is another (%s)', async (_name, options) => {
    await inWorld({}, async (world) => {
      world.upstream.before.close()
      await world.sendAndLeave(await editOrder({ ...options, boundary: 'first-attempt' }))
      const retry = world.send(await editOrder({ ...options, boundary: 'second-attempt-longer' }), { retry: 1 })
      await world.adopted(1)
      world.upstream.before.open()
      const got = await retry.got
      expect(got.headers['x-gateway-adopted']).toMatch(/^gen_/)
      expect(got.body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
      expect(world.upstream.arrivals).toBe(1)
      expect(await world.bookedMicros()).toBe(USAGE_MICROS)
      await eventually('no upload is left on disk', () => openSpoolFiles(world.dataDir) === 0)
    })
  })

  it.each<[string, EditOptions, EditOptions]>([
    ['prompt', { prompt: 'more light' }, { prompt: 'less light' }],
    ['picture', { imageBytes: 500_000, filler: 1 }, { imageBytes: 500_000, filler: 2 }],
    ['picture, by one byte in length', { imageBytes: 500_000 }, { imageBytes: 500_001 }],
  ])('is not given to a request with another %s', async (_name, first, other) => {
    await inWorld({}, async (world) => {
      world.upstream.before.close()
      await world.sendAndLeave(await editOrder(first))
      const retry = world.send(await editOrder(other), { retry: 1 })
      await eventually('the other order arrives upstream', () => world.upstream.arrivals === 2)
      world.upstream.before.open()
      expect((await retry.got).headers['x-gateway-adopted']).toBeUndefined()
      await world.idle()
      expect(world.upstream.purchases).toHaveLength(2)
    })
  })
})

it('an upload that is broken off buys nothing and leaves nothing on disk', async () => {
  await inWorld({}, async (world) => {
    const { path, contentType, body } = await editOrder({ imageBytes: 2_000_000 })
    const socket = connect(Number(new URL(world.gateway.url).port), '127.0.0.1')
    await once(socket, 'connect')
    const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${contentType}\r\ncontent-length: ${body.length}\r\n\r\n`
    socket.write(head)
    socket.write((body as Buffer).subarray(0, 1_000_000))
    await eventually('the upload waits on disk', () => openSpoolFiles(world.dataDir) === 1)
    socket.resetAndDestroy()
    await eventually('the upload is gone', () => openSpoolFiles(world.dataDir) === 0)
    expect(world.upstream.arrivals).toBe(0)
    expect(await world.bookedMicros()).toBe(0)
  })
})
