import { afterAll, describe, expect, it } from 'vitest'
import { PicturesAsLinks } from '../../src/gateway/answers/links/pictures-as-links.ts'
import { Blocks } from '../../src/pictures/blocks.ts'
import { Draft } from '../../src/pictures/draft.ts'
import { Folder } from '../../src/pictures/folder.ts'
import { DiskRoom } from '../../src/spool/disk-room.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { answerOf, filesIn, picture } from './shelf-world.ts'
import type { LinkedAnswer } from './shelf-world.ts'
import type { OrderShelf } from '../../src/gateway/answers/links/arriving-picture.ts'

const directory = temporaryDirectory()
afterAll(() => directory.remove())
const blocks = new Blocks()
const folder = new Folder(`${directory.path}/pictures`)

/** A shelf on a disk of so many bytes, which keeps the first few pictures. */
function smallShelf(freeBytes: number, kept: number): OrderShelf {
  const room = new DiskRoom({
    directory: directory.path,
    reserveBytes: 0,
    now: () => 0,
    look: () => ({ totalBytes: freeBytes, freeBytes }),
  })
  let put = 0
  return {
    begin: (onChange) => new Draft({ create: async () => folder.createDraft(), room, blocks, onChange }),
    put: async (draft) => {
      await draft.whole()
      if (put++ >= kept) throw new Error('the database is locked')
      await draft.close(false)
      return `http://link.example/${put}`
    },
    withdraw: () => {},
    failed: () => {},
  }
}

/** The answer as a client gets it, sent in pieces of so many bytes while it wants some. */
async function converted(sent: Buffer, pieceBytes: number, shelf: OrderShelf) {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const got: Buffer[] = []
  let wake = (): void => {}
  const links = new PicturesAsLinks(shelf, {
    ready: () => {},
    write: (chunk) => void got.push(Buffer.from(chunk)),
    changed: () => wake(),
    failed: reject,
  })
  for (let at = 0; at < sent.length; at += pieceBytes) {
    const lent = Buffer.from(sent.subarray(at, at + pieceBytes))
    links.write(lent)
    lent.fill(0) // the bytes were lent until then
    await new Promise<void>((next) => {
      wake = () => (links.holdsBack ? undefined : next())
      wake()
    })
  }
  links.finish(resolve)
  await promise
  return { text: Buffer.concat(got).toString(), forms: [...links.forms] }
}

const PICTURES = [picture(400_001, 2), picture(1, 3), picture(150_000, 4)]
const sent = Buffer.from(JSON.stringify(answerOf(...PICTURES)))
/** The answer with each link in its place turned back into base64. */
function withoutLinks(text: string): string {
  const { data } = JSON.parse(text) as LinkedAnswer
  const base64 = PICTURES.map((one) => one.toString('base64'))
  return data.reduce(
    (all, { url }, index) =>
      url === undefined ? all : all.replace(`"url":"${url}"`, () => `"b64_json":"${base64[index]}"`),
    text,
  )
}

describe('an answer whose pictures cannot all be kept', () => {
  it.each([
    ['all are kept', 1e9, 3],
    ['the first one is, and the database fails then', 1e9, 1],
    ['none is', 1e9, 0],
    ['the disk is full from the beginning', 0, 3],
    ['the disk is full in the middle of the first one', 200_000, 3],
    ['the disk is full in the middle of the third one', 500_000, 3],
  ])('reaches its client byte for byte but for the links, where %s', async (_when, free, kept) => {
    for (const pieceBytes of [1_000_003, 65_536, 4099, 977]) {
      const { text, forms } = await converted(sent, pieceBytes, smallShelf(free, kept))
      expect(withoutLinks(text) === sent.toString(), `pieces of ${pieceBytes}`).toBe(true)
      expect(new Set(forms)).toEqual(new Set((JSON.parse(text) as LinkedAnswer).data.flatMap(Object.keys)))
    }
    await expect.poll(() => filesIn(directory.path)).toEqual([])
  })

  it('is whole in pieces of one byte', async () => {
    const small = Buffer.from(JSON.stringify(answerOf(picture(100, 2), picture(7, 3)), undefined, 2))
    const { text } = await converted(small, 1, smallShelf(1e9, 1))
    const expected = small.toString().replace(/"b64_json": "[^"]*"/, '"url": "http://link.example/1"')
    expect(text).toBe(expected)
  })
})
