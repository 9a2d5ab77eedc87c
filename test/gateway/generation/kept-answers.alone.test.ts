import { afterAll, describe, expect, it } from 'vitest'
import { KeptAnswers } from '../../../src/gateway/generation/kept-answers.ts'
import { DiskRoom } from '../../../src/spool/disk-room.ts'
import { SpoolDirectory } from '../../../src/spool/spool-file.ts'
import { heldBufferBytes } from '../../helpers/memory.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { eventually } from '../../helpers/eventually.ts'
import { openFilesBelow } from '../../helpers/open-files.ts'
import type { Claim, KeptAnswer } from '../../../src/gateway/generation/kept-answer.ts'

const MEGABYTE = 1_000_000
const directory = temporaryDirectory()
afterAll(() => directory.remove())

function keptAnswers({ maxDiskBytes = 1e9, maxFiles = 1000, room = endless() } = {}): KeptAnswers {
  return new KeptAnswers({ directory: new SpoolDirectory(directory.path, room), maxDiskBytes, maxFiles })
}

const endless = (): DiskRoom => new DiskRoom({ directory: '', look: () => undefined })

/** Bytes that an upstream sends: memory of its own for every chunk. */
function sent(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(bytes).fill(1)
}

/** A complete answer of so many bytes. */
function answer(all: KeptAnswers, bytes: number, claim: Claim): KeptAnswer {
  const kept = all.create()
  kept.claimAs(claim)
  for (let left = bytes; left > 0; left -= 65_536) kept.append(sent(Math.min(65_536, left)))
  kept.close('complete')
  return kept
}

async function disk(all: KeptAnswers): Promise<void> {
  await eventually('all is on disk', () => all.waitingBytes === 0)
}

const openFiles = (): number => openFilesBelow(directory.path)

describe('the memory of kept answers', () => {
  it.each([500, 20_000, 200_000, 250_000])(
    'is really bounded, however small the answers are: of %d bytes',
    async (bytes) => {
      const before = await heldBufferBytes()
      const all = keptAnswers({ maxFiles: 50 })
      const count = Math.ceil((30 * MEGABYTE) / bytes)
      const kept = Array.from({ length: Math.min(count, 18_000) }, () => answer(all, bytes, 'owed'))
      await disk(all)
      const held = (await heldBufferBytes()) - before
      expect(held).toBeLessThan(20 * MEGABYTE)
      expect(Math.abs(held - all.memoryBytes)).toBeLessThan(4 * MEGABYTE) // bytes are counted where they are
      for (const one of kept) one.discard()
      expect([all.memoryBytes, all.diskBytes, all.waitingBytes, all.size]).toEqual([0, 0, 0, 0])
    },
  )

  it('is not kept alive by small pieces of large reads', async () => {
    const before = await heldBufferBytes()
    const kept = keptAnswers().create()
    for (let index = 0; index < 1000; index++) kept.append(sent(65_536).subarray(0, 10))
    expect((await heldBufferBytes()) - before).toBeLessThan(MEGABYTE)
    expect(kept.memoryBytes).toBe(10_000)
    kept.discard()
  })
})

describe('when the memory of kept answers is used up', () => {
  it('answers that were delivered are given up first, the oldest before the others', () => {
    const all = keptAnswers()
    const delivered = [answer(all, 5 * MEGABYTE, 'delivered'), answer(all, 5 * MEGABYTE, 'delivered')]
    const owed = answer(all, 5 * MEGABYTE, 'owed')
    const flowing = answer(all, 5 * MEGABYTE, 'flowing')
    expect(delivered.map(({ isWhole }) => isWhole)).toEqual([false, true])
    expect([owed, flowing].map(({ isWhole, isSpilled }) => [isWhole, isSpilled])).toEqual([
      [true, false],
      [true, false],
    ])
    for (const one of [...delivered, owed, flowing]) one.discard()
  })

  it('answers that nobody has go to disk next, and are whole there', async () => {
    const all = keptAnswers()
    const owed = answer(all, 10 * MEGABYTE, 'owed')
    const flowing = answer(all, 10 * MEGABYTE, 'flowing')
    await disk(all)
    expect([owed.isWhole, owed.isSpilled, owed.diskBytes]).toEqual([true, true, 10 * MEGABYTE])
    expect([flowing.isWhole, flowing.isSpilled, flowing.memoryBytes]).toEqual([true, false, 10 * MEGABYTE])
    owed.discard()
    flowing.discard()
  })

  it('an answer that its client is taking is given up last, without a file', () => {
    const all = keptAnswers()
    const flowing = answer(all, 40 * MEGABYTE, 'flowing')
    expect([flowing.isWhole, flowing.memoryBytes, openFiles()]).toEqual([false, 0, 0])
    expect([all.memoryBytes, all.size]).toEqual([0, 0])
  })

  it('a large answer does not take the room of small ones that flow beside it', () => {
    const all = keptAnswers()
    const small = Array.from({ length: 10 }, () => answer(all, 100_000, 'flowing'))
    const large = answer(all, 40 * MEGABYTE, 'flowing')
    expect(large.isWhole).toBe(false)
    expect(small.every(({ isWhole }) => isWhole)).toBe(true)
    for (const one of small) one.discard()
  })

  it('an answer whose client reads slowly goes to disk, since that client may be leaving', async () => {
    const all = keptAnswers()
    const slow = all.create()
    slow.owner = { isReadSlowly: true, diskDrained: () => {} }
    for (let index = 0; index < 20; index++) slow.append(sent(MEGABYTE))
    await disk(all)
    expect([slow.isWhole, slow.isSpilled]).toEqual([true, true])
    slow.discard()
  })

  it('an answer that is being read again is neither given up nor evicted from the disk', async () => {
    const all = keptAnswers({ maxDiskBytes: 12 * MEGABYTE })
    const read = answer(all, 10 * MEGABYTE, 'owed')
    read.readers++
    const next = answer(all, 10 * MEGABYTE, 'owed')
    const last = answer(all, 10 * MEGABYTE, 'owed')
    await disk(all)
    expect([read.isWhole, next.isWhole, last.isWhole]).toEqual([true, false, true])
    read.discard()
    last.discard()
  })
})

describe('the disk of kept answers', () => {
  it('is bounded in bytes, what is on its way there included: the oldest are given up', async () => {
    const all = keptAnswers({ maxDiskBytes: 15 * MEGABYTE })
    const kept = Array.from({ length: 4 }, () => answer(all, 10 * MEGABYTE, 'owed'))
    await disk(all)
    expect(kept.map(({ isWhole }) => isWhole)).toEqual([false, false, true, true])
    expect(all.diskBytes).toBeLessThanOrEqual(15 * MEGABYTE)
    for (const one of kept) one.discard()
  })

  it('is bounded in open files', async () => {
    const all = keptAnswers({ maxFiles: 5 })
    const kept = Array.from({ length: 40 }, () => answer(all, 2 * MEGABYTE, 'owed'))
    await disk(all)
    expect(openFiles()).toBeLessThanOrEqual(5)
    expect(kept.filter(({ isWhole }) => isWhole).length).toBeGreaterThanOrEqual(10)
    expect(kept.at(-1)?.isWhole).toBe(true)
    for (const one of kept) one.discard()
    await eventually('the files are closed', () => openFiles() === 0)
  })

  it('is used only as far as its room goes beside the reserve: the oldest are given up', async () => {
    const state = { totalBytes: 1e9, freeBytes: 45 * MEGABYTE }
    const room = new DiskRoom({ directory: '', reserveBytes: 10 * MEGABYTE, look: () => state, now: () => 0 })
    const all = keptAnswers({ room })
    const kept = Array.from({ length: 6 }, () => answer(all, 10 * MEGABYTE, 'owed'))
    await disk(all)
    expect(all.diskBytes).toBeLessThanOrEqual(35 * MEGABYTE)
    expect(kept.map(({ isWhole }) => isWhole)).toEqual([false, false, true, true, true, true])
    // An upload needs 20 MB of it.
    expect(room.makeRoom(20 * MEGABYTE)).toBe(true)
    expect(kept.map(({ isWhole }) => isWhole)).toEqual([false, false, false, false, true, true])
    expect(room.makeRoom(30 * MEGABYTE)).toBe(true)
    expect(room.makeRoom(36 * MEGABYTE)).toBe(false)
    for (const one of kept) one.discard()
  })

  it('is given up for the ledger, except for an answer that is being read', async () => {
    const room = endless()
    const all = keptAnswers({ room })
    const kept = Array.from({ length: 4 }, () => answer(all, 10 * MEGABYTE, 'owed'))
    const [read] = kept
    if (read !== undefined) read.readers++
    await disk(all)
    expect(openFiles()).toBe(3)
    expect(await room.relieve()).toBe(true)
    expect(openFiles()).toBe(2)
    expect(await room.relieve()).toBe(true)
    expect(await room.relieve()).toBe(false)
    expect([openFiles(), read?.isWhole]).toEqual([1, true])
    for (const one of kept) one.discard()
    await eventually('all files are closed', () => openFiles() === 0)
  })

  it('gives up an answer that is larger than all of it', () => {
    const all = keptAnswers({ maxDiskBytes: MEGABYTE })
    const kept = answer(all, 18 * MEGABYTE, 'owed')
    expect([kept.isWhole, all.memoryBytes, all.waitingBytes]).toEqual([false, 0, 0])
  })
})
