import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandShelf } from '../../src/app/pictures.ts'
import { Shelf } from '../../src/pictures/shelf.ts'
import { Folder } from '../../src/pictures/folder.ts'
import { DiskRoom } from '../../src/spool/disk-room.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import { command } from '../helpers/gateways/command.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { filesIn, picture } from '../pictures/shelf-world.ts'
import type { Picture } from '../../src/pictures/picture.ts'

const NOON = Date.UTC(2027, 0, 1, 12)
const DAY = 86_400_000

let directory: ReturnType<typeof temporaryDirectory>
let store: Store
let kept: Picture[]
const data = (): string => join(directory.path, 'data')
const run = (...args: string[]) => command(directory.path, ['pictures', ...args])

beforeAll(async () => {
  directory = temporaryDirectory()
  store = Store.forServing(data())
  let now = NOON
  const shelf = new Shelf({
    index: store.pictures,
    folder: new Folder(join(data(), 'pictures')),
    room: new DiskRoom({ directory: data() }),
    ttlMs: 100 * 365 * DAY,
    maxBytes: 1e9,
    now: () => now,
    onEvicted: () => {},
    onTidyFailed: () => {},
  })
  kept = []
  for (const key of ['alice', 'bob', 'alice']) {
    const draft = shelf.draft(() => {})
    draft.write(picture(100))
    kept.push(await shelf.put(draft, 'png', { key, generationId: 'gen_1', model: 'gpt-image-2', size: '1024x1024' }))
    now += DAY
  }
})
afterAll(() => {
  store.close()
  directory.remove()
})

describe('comet-gateway pictures', () => {
  it('lists the newest pictures first, of one key or of all, and shows one', async () => {
    const all = await run('list', '--json')
    expect((JSON.parse(all.stdout) as { id: string }[]).map(({ id }) => id)).toEqual(
      kept.toReversed().map(({ id }) => id),
    )
    const own = JSON.parse((await run('list', '--key', 'alice', '-n', '1', '--json')).stdout) as unknown
    expect(own).toMatchObject([{ id: kept[2]?.id, key: 'alice', type: 'image/png', bytes: 100 }])
    expect((await run('show', `${kept[1]?.id}.png`)).stdout).toContain(`${kept[1]?.id}`)
  })

  it('deletes pictures with their files, and nothing where one of the ids is wrong', async () => {
    const [first, second] = kept.map(({ id }) => id)
    const wrong = await run('delete', first ?? '', 'pic_none')
    expect([
      wrong.code,
      wrong.stderr === 'comet-gateway: there is no picture pic_none, or it has expired\n',
      filesIn(data()).length,
    ]).toEqual([1, true, 3])
    expect((await run('delete', second ?? '')).stdout).toBe('1 picture is removed.\n')
    expect(filesIn(data())).not.toContain(`${second}.png`)
    expect(store.pictures.totals()).toEqual({ pictures: 2, bytes: 200 })
  })

  it('prunes pictures that were made before a date', async () => {
    expect((await run('prune', '--before', '2027-01-02', '--key', 'bob')).stdout).toBe('0 pictures are removed.\n')
    expect((await run('prune', '--before', '2027-01-02')).stdout).toBe('1 picture is removed.\n')
    expect(filesIn(data())).toEqual([`${kept[2]?.id}.png`])
    expect(await commandShelf(store).newest({ limit: 9 })).toHaveLength(1)
  })
})
