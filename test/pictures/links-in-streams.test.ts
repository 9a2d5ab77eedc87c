import { afterAll, describe, expect, it } from 'vitest'
import { PicturesAsLinks } from '../../src/gateway/answers/links/pictures-as-links.ts'
import { Blocks } from '../../src/pictures/blocks.ts'
import { Draft } from '../../src/pictures/draft.ts'
import { Folder } from '../../src/pictures/folder.ts'
import { DiskRoom } from '../../src/spool/disk-room.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { answerJson } from '../helpers/upstream.ts'
import { ALICE, answerOf, bytesOf, picture, shelfWorld, wanted } from './shelf-world.ts'
import type { OrderShelf } from '../../src/gateway/answers/links/arriving-picture.ts'

const world = shelfWorld()
const alice = { authorization: `Bearer ${ALICE}` }
const directory = temporaryDirectory()
afterAll(() => directory.remove())

const PREVIEW = picture(90_000, 2).toString('base64')
const FINISHED = [picture(120_000, 3), picture(50, 4)]

interface Wire {
  readonly lineEnd: string
  readonly hasNames: boolean
}

/** A stream as OpenAI sends it, with a preview and two finished pictures. */
function streamOf({ lineEnd, hasNames }: Wire): string {
  const event = (kind: string, data: object): string => {
    const type = `image_generation.${kind}`
    const name = hasNames ? `event: ${type}${lineEnd}` : ''
    return `${name}data: ${JSON.stringify({ type, ...data })}${lineEnd}${lineEnd}`
  }
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 }
  return [
    event('partial_image', { b64_json: PREVIEW, partial_image_index: 0 }),
    ...FINISHED.map((one) => event('completed', { b64_json: one.toString('base64'), size: '1024x1024', usage })),
    `data: [DONE]${lineEnd}${lineEnd}`,
  ].join('')
}

function shelf(kept: number): OrderShelf {
  const folder = new Folder(`${directory.path}/pictures`)
  const room = new DiskRoom({ directory: directory.path })
  const blocks = new Blocks()
  let put = 0
  return {
    begin: (onChange) => new Draft({ create: async () => folder.createDraft(), room, blocks, onChange }),
    put: async (draft) => {
      await draft.whole()
      if (put++ >= kept) throw new Error('the database is locked')
      await draft.close(false)
      return `http://link.example/${draft.bytes}`
    },
    withdraw: () => {},
    failed: () => {},
  }
}

/** The stream as a client gets it; `isWhole` of each piece handed on: the client has whole events behind it. */
async function converted(sent: string, pieceBytes: number, kept: number) {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let text = ''
  let wake = (): void => {}
  const output = {
    ready: () => {},
    write: (chunk: Buffer) => void (text += chunk.toString('latin1')),
    changed: () => wake(),
    failed: reject,
  }
  const links = new PicturesAsLinks(shelf(kept), output, 'events')
  const bytes = Buffer.from(sent)
  const halves: string[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    links.write(bytes.subarray(at, at + pieceBytes))
    if (links.isBetweenEvents && text !== '' && !/(\n\n|\r\r|\r\n\r\n)$/.test(text)) halves.push(text.slice(-50))
    await new Promise<void>((next) => {
      wake = () => (links.holdsBack ? undefined : next())
      wake()
    })
  }
  links.finish(resolve)
  await promise
  return { text, halves }
}

/** The stream with each link in its place turned back into base64. */
function withoutLinks(text: string): string {
  return FINISHED.reduce(
    (all, one) =>
      all.replace(`"url":"http://link.example/${one.length}"`, () => `"b64_json":"${one.toString('base64')}"`),
    text,
  )
}

describe('a stream', () => {
  it.each([
    { lineEnd: '\n', hasNames: true },
    { lineEnd: '\r\n', hasNames: true },
    { lineEnd: '\r', hasNames: false },
    { lineEnd: '\n', hasNames: false },
  ])('has links in its finished pictures, and all else byte for byte: %j', async (wire) => {
    const sent = streamOf(wire)
    for (const pieceBytes of [1_000_003, 65_536, 4099, 997])
      for (const kept of [2, 1, 0]) {
        const { text, halves } = await converted(sent, pieceBytes, kept)
        expect(halves).toEqual([])
        expect(withoutLinks(text) === sent, `pieces of ${pieceBytes}`).toBe(true)
        expect(text.split('http://link.example').length - 1).toBe(kept)
      }
  })
})

describe('a stream that fails', () => {
  it.each([1, 0])('hands on the finished pictures that have come whole, where %i can be kept', async (kept) => {
    const sent = streamOf({ lineEnd: '\n', hasNames: true })
    const cut = sent.indexOf(FINISHED[1]?.toString('base64') ?? '') + 20
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let text = ''
    const output = {
      ready: () => {},
      write: (chunk: Buffer) => void (text += chunk.toString('latin1')),
      changed: () => {},
      failed: reject,
    }
    const links = new PicturesAsLinks(shelf(kept), output, 'events')
    links.write(Buffer.from(sent.slice(0, cut)))
    links.discard(resolve)
    links.write(Buffer.from('never'))
    await promise
    expect(links.isBetweenEvents).toBe(true)
    const whole = sent.slice(0, sent.lastIndexOf('event:', cut))
    expect(withoutLinks(text) === whole).toBe(true)
    expect(text.includes('http://link.example')).toBe(kept === 1)
  })
})

describe('response_format url of a stream', () => {
  it('gives a link in the completed event and base64 in the preview', async () => {
    const sent = streamOf({ lineEnd: '\n', hasNames: true })
    world.upstream.script = (response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(sent)
    const response = await world.gateway.post(wanted({ stream: true, partial_images: 1 }), alice)
    expect(response.headers.get('x-gateway-converted')).toBe('url')
    const text = await response.text()
    expect(text).toContain(`"b64_json":"${PREVIEW}"`)
    const links = [...text.matchAll(/"url":"(http[^"]+)"/g)].map(([, url = '']) => url)
    const files = await Promise.all(links.map(async (url) => bytesOf(await fetch(url))))
    expect(files).toEqual(FINISHED)
    expect(text).toContain('x-gateway-cost-usd')
  })

  it('gives links where the upstream answers in plain JSON', async () => {
    world.upstream.script = answerJson(answerOf(...FINISHED))
    const text = await (await world.gateway.post(wanted({ stream: true }), alice)).text()
    const links = [...text.matchAll(/"url":"(http[^"]+)"/g)].map(([, url = '']) => url)
    expect(await Promise.all(links.map(async (url) => bytesOf(await fetch(url))))).toEqual(FINISHED)
    expect(text).not.toContain('b64_json')
  })

  it('that breaks off in the middle of a picture ends in an error event behind whole events', async () => {
    const sent = streamOf({ lineEnd: '\n', hasNames: true })
    world.upstream.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sent.slice(0, PREVIEW.length + 100_000), () => response.destroy())
    }
    const response = await world.gateway.post(wanted({ stream: true, partial_images: 1 }), alice)
    const events = (await response.text()).split('\n\n').filter((one) => one !== '' && !one.startsWith(':'))
    expect(events.map((one) => one.split('\n')[0])).toEqual(['event: image_generation.partial_image', 'event: error'])
    for (const one of events) JSON.parse(one.slice(one.indexOf('data: ') + 6))
  })
})
