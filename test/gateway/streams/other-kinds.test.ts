import { gzipSync } from 'node:zlib'
import { APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { NEW_STREAM } from '../../helpers/new-orders.ts'
import { turns } from '../../helpers/time/turns.ts'
import { imageAnswer } from '../../helpers/upstream.ts'
import { completed, partial, USAGE } from '../answers/recorded-streams.ts'
import { WireClient } from '../uploads/wire-client.ts'
import { HEAD, IMAGE, relaying, whole } from './relaying.ts'

const world = relaying()

describe('an answer of another kind than asked for', () => {
  it('in packed JSON is made a stream', async () => {
    const packed = gzipSync(JSON.stringify(imageAnswer()))
    world.script = (socket) =>
      void socket.write(
        Buffer.concat([
          Buffer.from(
            `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`,
          ),
          packed,
        ]),
      )
    expect(await world.bySdk()).toEqual({ types: ['image_generation.completed'], error: undefined })
  })

  it('in events, to a request for JSON, is made JSON, and counted', async () => {
    world.script = whole(partial(0, IMAGE) + completed(IMAGE))
    const response = await world.gateway.post({ model: 'gpt-image-2', prompt: 'a' })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({
      created: 1_620_000_000,
      size: '1024x1024',
      quality: 'high',
      background: 'transparent',
      output_format: 'png',
      usage: USAGE,
      data: [{ b64_json: IMAGE }],
    })
    expect(await world.gateway.logOf(response)).toMatchObject({ outcome: 'completed', images: 1, totalTokens: 100 })
  })

  it('in events, to a request for JSON, reaches the SDK as images', async () => {
    world.script = whole(completed(IMAGE))
    const { data, usage } = await world.client.images.generate({ model: 'gpt-image-2', prompt: 'a' })
    expect(data).toEqual([{ b64_json: IMAGE }])
    expect(usage?.total_tokens).toBe(100)
  })

  it('in events that break off, to a request for JSON, is an error with a status', async () => {
    world.script = (socket) => {
      socket.write(`${HEAD}connection: close\r\n\r\n${completed(IMAGE)}${completed(IMAGE).slice(0, 20_000)}`)
      socket.destroySoon()
    }
    const response = await world.gateway.post({ model: 'gpt-image-2', prompt: 'a', n: 2 })
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([502, 'false'])
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_failed' } })
  })

  it.each([
    ['nothing', ''],
    ['comments', ': a\n\n: b\n\n'],
    ['events without data', 'event: a\n\nevent: b\n\n'],
    ['partial images only', partial(0, 'AAAA')],
    ['[DONE] only', 'data: [DONE]\n\n'],
  ])('of %s is an API error, and none about JSON', async (_what, text) => {
    world.script = whole(text)
    const { error } = await world.bySdk()
    expect(error).toBeInstanceOf(APIError)
    expect(String((error as APIError).code)).toMatch(/^upstream_(failed|invalid_response)$/)
  })
})

describe('a client that reads nothing of a stream', () => {
  it('and leaves in the middle of an event has it booked', async () => {
    let end: (() => void) | undefined
    world.script = (socket) => {
      socket.write(`${HEAD}connection: close\r\n\r\n${partial(0, IMAGE)}${completed(IMAGE).slice(0, 20_000)}`)
      end = () => socket.end(completed(IMAGE).slice(20_000))
    }
    const wire = await WireClient.to(world.gateway.url)
    const text = JSON.stringify(NEW_STREAM)
    wire.socket.pause()
    const before = world.gateway.lines.length
    await wire.write(
      `POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    )
    await eventually('the upstream has begun', () => end !== undefined)
    await turns() // and the gateway has read that
    wire.socket.resetAndDestroy()
    await eventually('the client is seen leaving', () => world.gateway.lines.length > before)
    end?.()
    await eventually('it is settled', () => world.gateway.lines.length > before + 1)
    expect(world.gateway.parsedLines(before)).toMatchObject([
      { outcome: 'client_left' },
      { images: 1, totalTokens: 100 },
    ])
  })
})
