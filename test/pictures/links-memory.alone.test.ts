import { afterAll, describe, expect, it } from 'vitest'
import { PicturesAsLinks } from '../../src/gateway/answers/links/pictures-as-links.ts'
import { Blocks } from '../../src/pictures/blocks.ts'
import { Draft } from '../../src/pictures/draft.ts'
import { Folder } from '../../src/pictures/folder.ts'
import { DiskRoom } from '../../src/spool/disk-room.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { memory } from '../helpers/memory.ts'
import { picture } from './shelf-world.ts'

const MIB = 1_048_576
/** 20 MB of base64, in chunks that the upstream's connection would bring. */
const CHUNKS = 306
const CHUNK = Buffer.from(picture(49_152).toString('base64'))

const directory = temporaryDirectory()
afterAll(() => directory.remove())

describe('a picture of 20 MB', () => {
  it.each([
    ['becomes a link', true],
    ['that cannot be kept is given back as base64', false],
  ])('%s with less than 2 MiB of memory', async (_what, isKept) => {
    const folder = new Folder(`${directory.path}/pictures`)
    const room = new DiskRoom({ directory: directory.path })
    const blocks = new Blocks()
    const { promise: finished, resolve } = Promise.withResolvers<void>()
    let bytes = 0
    let wake = (): void => {}
    const links = new PicturesAsLinks(
      {
        begin: (onChange) => new Draft({ create: async () => folder.createDraft(), room, blocks, onChange }),
        put: async (draft) => {
          await draft.whole()
          if (!isKept) throw new Error('the database is locked')
          await draft.close(false)
          return 'http://link.example'
        },
        withdraw: () => {},
        failed: () => {},
      },
      {
        ready: () => {},
        write: (chunk) => void (bytes += chunk.length),
        changed: () => wake(),
        failed: () => resolve(),
      },
    )
    const before = (await memory()).heldBytes
    const grown: number[] = []
    links.write(Buffer.from('{"data":[{"b64_json":"'))
    for (let index = 0; index < CHUNKS; index++) {
      links.write(Buffer.from(CHUNK))
      await new Promise<void>((next) => {
        wake = () => (links.holdsBack ? undefined : next())
        wake()
      })
      if (index % 100 === 50) grown.push((await memory()).heldBytes - before)
    }
    links.write(Buffer.from('"}]}'))
    links.finish(resolve)
    await finished
    grown.push((await memory()).heldBytes - before)
    expect(Math.max(...grown)).toBeLessThan(2 * MIB)
    expect([...links.forms]).toEqual([isKept ? 'url' : 'b64_json'])
    expect(bytes > CHUNKS * CHUNK.length).toBe(!isKept)
  })
})
