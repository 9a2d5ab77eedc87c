import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Folder } from '../../src/pictures/folder.ts'
import { Links } from '../../src/pictures/links.ts'
import { Shelf } from '../../src/pictures/shelf.ts'
import { DiskRoom } from '../../src/spool/disk-room.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { filesIn, picture } from './shelf-world.ts'
import type { Picture } from '../../src/pictures/picture.ts'

const ORIGIN = { key: 'alice', generationId: 'gen_1', model: 'gpt-image-2', size: '1024x1024' }
const HOUR = 3_600_000

let directory: ReturnType<typeof temporaryDirectory>
let store: Store
let now: number
let evicted: string[]

beforeEach(() => {
  directory = temporaryDirectory()
  store = Store.forServing(directory.path)
  now = 1_800_000_000_000
  evicted = []
})
afterEach(() => {
  store.close()
  directory.remove()
})

async function openShelf(maxBytes = 1e9, room = new DiskRoom({ directory: directory.path })): Promise<Shelf> {
  const shelf = new Shelf({
    index: store.pictures,
    folder: new Folder(join(directory.path, 'pictures')),
    room,
    ttlMs: HOUR,
    maxBytes,
    now: () => now,
    onEvicted: ({ id }) => void evicted.push(id),
    onTidyFailed: (error) => {
      throw error
    },
  })
  await shelf.start()
  shelf.stop()
  return shelf
}

async function put(shelf: Shelf, bytes: Buffer): Promise<Picture> {
  const draft = shelf.draft(() => {})
  draft.write(bytes)
  try {
    return await shelf.put(draft, 'png', ORIGIN)
  } finally {
    now += 1
    await draft.close(false)
  }
}

async function read(shelf: Shelf, kept: Picture): Promise<Buffer | undefined> {
  const file = await shelf.open(kept)
  const bytes = await file?.readFile()
  await file?.close()
  return bytes
}

describe('the shelf', () => {
  it('keeps a picture until it expires, and takes file and row away then', async () => {
    const shelf = await openShelf()
    const kept = await put(shelf, picture(1000))
    expect(await shelf.find(kept.id)).toEqual(kept)
    expect(await read(shelf, kept)).toEqual(picture(1000))
    now += HOUR
    expect(await shelf.find(kept.id)).toBeUndefined()
    expect(await shelf.tidy()).toBe(1)
    expect(filesIn(directory.path)).toEqual([])
    expect(await shelf.totals()).toEqual({ pictures: 0, bytes: 0 })
  })

  it('evicts the oldest pictures when the bytes are used up, and refuses one that is larger than all of them', async () => {
    const shelf = await openShelf(2500)
    const kept = [await put(shelf, picture(1000)), await put(shelf, picture(1000)), await put(shelf, picture(1000))]
    expect(evicted).toEqual([kept[0]?.id])
    expect(await shelf.totals()).toEqual({ pictures: 2, bytes: 2000 })
    await expect(put(shelf, picture(2501))).rejects.toMatchObject({ code: 'storage_full' })
    expect((await shelf.totals()).pictures).toBe(2)
  })

  it('gives the oldest picture up when others need the disk', async () => {
    let freeBytes = 1e9
    const room = new DiskRoom({
      directory: directory.path,
      reserveBytes: 0,
      now: () => now,
      look: () => ({ totalBytes: 1e9, freeBytes }),
    })
    const shelf = await openShelf(1e9, room)
    const kept = [await put(shelf, picture(1000)), await put(shelf, picture(1000))]
    now += 2000
    freeBytes = 500
    expect(room.makeRoom(1200)).toBe(true)
    expect(evicted).toEqual([kept[0]?.id])
    expect(room.makeRoom(1e8)).toBe(false)
    await expect.poll(() => filesIn(directory.path)).toEqual([])
  })

  it('has no file without a row and no row without its file after a crash', async () => {
    const before = await openShelf()
    const kept = [await put(before, picture(100)), await put(before, picture(200)), await put(before, picture(300))]
    const folder = join(directory.path, 'pictures')
    rmSync(join(folder, `${kept[0]?.id}.png`))
    writeFileSync(join(folder, `${kept[1]?.id}.png`), 'half of it')
    writeFileSync(join(folder, `pic_${'0'.repeat(32)}.png`), 'no row')
    writeFileSync(join(folder, 'draft-999999999-1'), 'of a dead process')
    writeFileSync(join(folder, 'notes.txt'), 'somebody else’s')
    const after = await openShelf()
    expect(filesIn(directory.path)).toEqual(['notes.txt', `${kept[2]?.id}.png`])
    expect(await after.totals()).toEqual({ pictures: 1, bytes: 300 })
  })

  it('leaves neither row nor file behind where the row cannot be committed', async () => {
    const shelf = await openShelf()
    const draft = shelf.draft(() => {})
    draft.write(picture(100))
    await draft.whole()
    rmSync(join(directory.path, 'pictures'), { recursive: true })
    await expect(shelf.put(draft, 'png', ORIGIN)).rejects.toMatchObject({ problem: 'unavailable' })
    expect(await shelf.totals()).toEqual({ pictures: 0, bytes: 0 })
    await draft.close(false)
  })
})

describe('links', () => {
  it('are signed with a secret that stays the same for all processes', async () => {
    const other = Store.forServing(directory.path)
    expect(store.pictures.linkSecret()).toEqual(other.pictures.linkSecret())
    expect(store.pictures.linkSecret()).toHaveLength(32)
    other.close()
  })

  it('are good until the picture expires, and only as they were signed', () => {
    const links = new Links({ secret: Buffer.alloc(32, 7), base: () => 'https://img.example' })
    const kept: Picture = {
      ...ORIGIN,
      id: `pic_${'a'.repeat(32)}`,
      extension: 'png',
      bytes: 1,
      sha256: '',
      createdAt: now,
      expiresAt: now + HOUR,
    }
    const { searchParams, href } = new URL(links.linkTo(kept))
    const [expires = '', signature = ''] = [searchParams.get('expires'), searchParams.get('signature')].map(String)
    expect(href.startsWith(`https://img.example/pictures/pic_${'a'.repeat(32)}.png?expires=`)).toBe(true)
    expect(links.judge(kept, expires, signature, now)).toBe('good')
    expect(links.judge(kept, expires, signature, now + HOUR)).toBe('expired')
    expect(links.judge({ ...kept, extension: 'jpg' }, expires, signature, now)).toBe('forged')
    expect(links.judge(kept, `0${expires}`, signature, now)).toBe('forged')
    expect(links.judge(kept, String(Number(expires) + 1), signature, now)).toBe('forged')
    expect(links.judge(kept, expires, `${signature}=`, now)).toBe('forged')
    expect(new Links({ secret: Buffer.alloc(32, 8), base: () => '' }).judge(kept, expires, signature, now)).toBe(
      'forged',
    )
  })
})
