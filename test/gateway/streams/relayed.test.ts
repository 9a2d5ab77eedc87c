import { APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { NEW_STREAM } from '../../helpers/new-orders.ts'
import { StreamReader } from '../../helpers/stream-reader.ts'
import { completed, partial, STREAMS } from '../answers/recorded-streams.ts'
import { WireClient } from '../uploads/wire-client.ts'
import { HEAD, IMAGE, pieces, relaying, whole } from './relaying.ts'

const world = relaying()

/** Some places in a text: its first and last bytes, around its line ends, and others all over it. */
function places(bytes: Buffer): readonly number[] {
  const lineEnds = [...bytes.keys()].filter((at) => bytes[at] === 0x0a || bytes[at] === 0x0d)
  const all = [1, 2, bytes.length - 1, bytes.length - 2, ...lineEnds.slice(0, 6).flatMap((at) => [at, at + 1])]
  return [...all, ...Array.from({ length: 6 }, (_, count) => Math.floor(((count + 0.5) * bytes.length) / 6))]
}

describe('a stream', () => {
  it.each(STREAMS)('is the same for its client wherever it is split: $name', async ({ text }) => {
    const bytes = Buffer.from(text)
    world.script = whole(text)
    const expected = await world.get()
    for (const place of places(bytes)) {
      world.script = pieces(bytes, [place, place + 1])
      const got = await world.get()
      // The LF of the very last CRLF may be missing: the event is over without it.
      expect([got.status, got.text.trimEnd()]).toEqual([expected.status, expected.text.trimEnd()])
      for (const fact of ['outcome', 'images', 'partialImages', 'totalTokens', 'costUsd', 'failure'])
        expect([fact, got.line[fact]]).toEqual([fact, expected.line[fact]])
    }
    world.script = pieces(bytes, [...bytes.keys()])
    expect((await world.get()).text.trimEnd()).toBe(expected.text.trimEnd())
  })

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('of megabytes on one line reaches its client byte for byte, with lines that end in %s', async (_name, lineEnd) => {
    const image = IMAGE.repeat(40)
    const text = (partial(0, image) + completed(image)).replaceAll('\n', lineEnd)
    const bytes = Buffer.from(text)
    const middle = bytes.length / 2
    world.script = pieces(bytes, [1, 70, 16_300, 16_400, 1_000_000, middle, middle + 1, middle + 200, bytes.length - 1])
    const { text: got, line } = await world.get()
    expect(got === text).toBe(true)
    expect(line).toMatchObject({ outcome: 'completed', images: 1, partialImages: 1, totalTokens: 100 })
  })

  it('of a hundred events in one piece loses none', async () => {
    const text = Array.from({ length: 100 }, (_, index) => partial(index, 'AAAA')).join('') + completed('BBBB')
    world.script = whole(text)
    expect(await world.get()).toMatchObject({ text, line: { partialImages: 100, images: 1 } })
  })

  it('of several images reaches the client with all of them', async () => {
    world.script = whole(completed('AAAA') + completed('BBBB') + completed('CCCC'))
    expect(await world.bySdk()).toEqual({
      types: Array.from({ length: 3 }, () => 'image_generation.completed'),
      error: undefined,
    })
    expect((await world.get({ ...NEW_STREAM, n: 3 })).line).toMatchObject({ outcome: 'completed', images: 3 })
  })

  it('with a length is a stream all the same', async () => {
    const text = partial(0, 'AAAA') + completed('BBBB')
    world.script = (socket) => void socket.write(`${HEAD}content-length: ${text.length}\r\n\r\n${text}`)
    expect((await world.get()).text).toBe(text)
  })
})

describe('a stream that goes on after its image', () => {
  const late = 'event: error\ndata: {"error":{"message":"late","code":"x"}}\n\n'

  it('with an error gives the client both, and is paid as reported', async () => {
    world.script = whole(completed(IMAGE) + late)
    const { types, error } = await world.bySdk()
    expect(types).toEqual(['image_generation.completed'])
    expect(error).toBeInstanceOf(APIError)
    expect((await world.get()).line).toMatchObject({
      outcome: 'upstream_failed',
      images: 1,
      totalTokens: 100,
      costEstimated: false,
    })
  })

  it.each([
    ['an image', completed('BBBB')],
    ['an error', late],
    ['what is no event', 'garbage'],
    ['what is no text', '\0\u0001\u0002\r\r\n\n\n'],
    ['another end', 'data: [DONE]\n\n'],
  ])('behind [DONE] with %s is over for the SDK', async (_what, more) => {
    world.script = whole(`${completed(IMAGE)}data: [DONE]\n\n${more}`)
    expect(await world.bySdk()).toEqual({ types: ['image_generation.completed'], error: undefined })
  })

  it.each([
    ['completed', completed(IMAGE)],
    ['[DONE]', `${completed(IMAGE)}data: [DONE]\n\n`],
  ])('with nothing, after %s, has brought its image long before, and its usage is booked', async (_what, text) => {
    world.script = (socket) => void socket.write(`${HEAD}\r\n${text}`)
    const before = world.gateway.lines.length
    const reader = new StreamReader(await world.gateway.post(NEW_STREAM))
    await reader.until(text)
    await reader.leave()
    await world.clock.advance(600_000) // nothing more comes for so long
    const settled = await eventually(
      'it is settled',
      () => world.gateway.parsedLines(before).find(({ totalTokens }) => totalTokens !== undefined) ?? false,
    )
    expect(settled).toMatchObject({ images: 1, totalTokens: 100, costEstimated: false })
  })

  it('is booked once where the client closes at [DONE], whether or not the upstream has closed by then', async () => {
    world.script = whole(`${completed(IMAGE)}data: [DONE]\n\n`)
    const text = JSON.stringify(NEW_STREAM)
    for (let count = 0; count < 5; count++) {
      const before = world.gateway.lines.length
      const wire = await WireClient.to(world.gateway.url)
      let seen = ''
      wire.socket.on('data', (chunk: Buffer) => {
        seen = seen.slice(-20) + chunk.toString('latin1')
        if (seen.includes('[DONE]')) wire.socket.destroy()
      })
      await wire.write(
        `POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
      )
      await wire.closed
      const booked = (): unknown[] =>
        world.gateway.parsedLines(before).filter(({ totalTokens }) => totalTokens !== undefined)
      await eventually('it is settled', () => booked().length > 0 && world.gateway.app.underWay().length === 0)
      expect(booked()).toMatchObject([{ images: 1, totalTokens: 100 }])
    }
  })
})
