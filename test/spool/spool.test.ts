import { pbkdf2 } from 'node:crypto'
import { existsSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/errors/gateway-error.ts'
import { DiskRoom } from '../../src/spool/disk-room.ts'
import { SpoolDirectory } from '../../src/spool/spool-file.ts'
import { Spool } from '../../src/spool/spool.ts'
import { openFilesBelow } from '../helpers/open-files.ts'
import { atRest } from '../helpers/time/turns.ts'
import { failureOf, numbered, spooling } from './spooling.ts'
import type { ByteRange } from '../../src/spool/spool.ts'

/** The most bytes that a spool keeps in memory. */
const MEMORY_BYTES = 262_144

const world = spooling()

describe('a spool', () => {
  it('refuses what would touch the reserve of its disk, and takes what stays in memory all the same', async () => {
    const state = { totalBytes: 1e9, freeBytes: 2_000_000 }
    const room = new DiskRoom({ directory: world.directory, reserveBytes: 1_000_000, look: () => state, now: () => 0 })
    const spools = [0, 1].map(() => new Spool(new SpoolDirectory(world.directory, room)))
    const [first, second] = spools
    await first?.write(numbered(900_000))
    await second?.write(numbered(200_000))
    expect(await failureOf(second?.write(numbered(100_000)) ?? Promise.resolve())).toMatchObject({
      code: 'storage_full',
      status: 503,
    })
    await first?.discard()
    await second?.write(numbered(100_000)) // there is room again
    await second?.discard()
  })

  it('keeps 256 KiB in memory and one byte more in a file', async () => {
    const small = await world.filled(numbered(MEMORY_BYTES))
    expect(existsSync(world.directory)).toBe(false)
    await small.write(Buffer.from('x'))
    expect(openFilesBelow(world.directory)).toBe(1)
    expect((await buffer(small.read())).equals(Buffer.concat([numbered(MEMORY_BYTES), Buffer.from('x')]))).toBe(true)
    await small.discard()
    expect(openFilesBelow(world.directory)).toBe(0)
  })

  it.each([0, 1, MEMORY_BYTES - 1, MEMORY_BYTES, MEMORY_BYTES + 1, 700_001])(
    'gives back %d bytes as they came, any number of times, at once and in pieces',
    async (length) => {
      const bytes = numbered(length)
      for (const pieceBytes of [length + 1, 131_072, 60_007]) {
        const spool = await world.filled(bytes, pieceBytes)
        const read = await Promise.all([buffer(spool.read()), buffer(spool.read()), buffer(spool.read())])
        for (const one of read) expect(one.equals(bytes)).toBe(true)
        expect(spool.bytes).toBe(length)
        await spool.discard()
      }
    },
  )

  it('gives back any ranges in any order, with other bytes in between', async () => {
    const bytes = numbered(400_000)
    const [inMemory, inFile] = [await world.filled(bytes.subarray(0, 200_000)), await world.filled(bytes)]
    const range = fc
      .tuple(fc.nat(400_000), fc.nat(400_000))
      .map((ends) => ({ start: Math.min(...ends), end: Math.max(...ends) }))
    const pieces = fc.array(fc.oneof(range, fc.string({ maxLength: 9 })), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(pieces, async (parts) => {
        for (const [spool, length] of [
          [inMemory, 200_000],
          [inFile, 400_000],
        ] as const) {
          const asked: (ByteRange | Buffer)[] = parts.map((part) =>
            typeof part === 'string'
              ? Buffer.from(part)
              : { start: Math.min(part.start, length), end: Math.min(part.end, length) },
          )
          const expected = asked.map((part) => (Buffer.isBuffer(part) ? part : bytes.subarray(part.start, part.end)))
          expect((await buffer(spool.read(asked))).equals(Buffer.concat(expected))).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
    await Promise.all([inMemory.discard(), inFile.discard()])
  })

  it('can be read as far as it is written while it goes from memory to a file, on a busy machine too', async () => {
    const bytes = numbered(1_000_000)
    for (let round = 0; round < 40; round++) {
      const spool = await world.filled(bytes.subarray(0, 250_000))
      const reads: Promise<Buffer>[] = []
      const progress = { isWritten: false }
      const writing = spool.write(bytes.subarray(250_000)).finally(() => void (progress.isWritten = true))
      while (!progress.isWritten) {
        // Work for the threads that read and write, so that they come out of step.
        for (let thread = 0; thread < 4; thread++) pbkdf2('a', 'b', 200, 16, 'sha1', () => {})
        for (let count = 0; count < 3; count++) reads.push(buffer(spool.read([{ start: 1000, end: 250_000 }])))
        await new Promise(setImmediate)
      }
      await writing
      for (const read of await Promise.all(reads)) expect(read.equals(bytes.subarray(1000, 250_000))).toBe(true)
      expect((await buffer(spool.read())).equals(bytes)).toBe(true)
      await spool.discard()
    }
  })

  it('reads a file in pieces, so that a slow reader does not fill the memory', async () => {
    const spool = await world.filled(numbered(3_000_000))
    const stream = spool.read()
    stream.on('readable', () => {})
    expect(await atRest(() => stream.readableLength)).toBeLessThanOrEqual(2 * 131_072)
    stream.destroy()
    await spool.discard()
  })
})

describe('a spool that is discarded', () => {
  it('has no file any more, also where it is discarded again', async () => {
    const spool = await world.filled(numbered(300_000))
    await Promise.all([spool.discard(), spool.discard()])
    await spool.discard()
  })

  it('while its file is being made closes it', async () => {
    const spool = world.spool()
    const writing = spool.write(numbered(300_000))
    const discarding = spool.discard()
    await Promise.all([writing, discarding])
  })

  it('while it is written closes its file when the write is over', async () => {
    const spool = await world.filled(numbered(300_000))
    const writing = failureOf(spool.write(numbered(4_000_000)))
    await spool.discard()
    expect(await writing).toSatisfy((error: unknown) => error === undefined || error instanceof GatewayError)
  })

  it.each([
    ['in memory', 240_000],
    ['in a file', 2_400_000],
  ])('fails a reader that is under way %s, so that nobody takes a part for the whole', async (_where, length) => {
    const spool = await world.filled(numbered(length))
    const step = length / 200
    const reader = spool.read(Array.from({ length: 200 }, (_, at) => ({ start: at * step, end: (at + 1) * step })))
    const chunks = reader.iterator() as AsyncIterator<Buffer>
    let bytes = (await chunks.next()).value?.length ?? 0
    await spool.discard()
    const rest = (async () => {
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) bytes += next.value.length
    })()
    expect(await failureOf(rest)).toBeInstanceOf(Error)
    expect(bytes).toBeLessThan(length)
  })

  it('fails a reader that begins afterwards', async () => {
    for (const length of [1000, 300_000]) {
      const spool = await world.filled(numbered(length))
      const stream = spool.read()
      await spool.discard()
      expect(await failureOf(buffer(stream))).toBeInstanceOf(Error)
    }
  })

  it('does not close its file under a read that has begun', async () => {
    for (let round = 0; round < 20; round++) {
      const spool = await world.filled(numbered(300_000))
      const chunks = spool.read().iterator() as AsyncIterator<Buffer>
      const reading = chunks.next().then(
        ({ value }) => value?.equals(numbered(300_000).subarray(0, value.length)),
        () => 'refused',
      )
      await spool.discard()
      expect(await reading).toSatisfy((result: unknown) => result === true || result === 'refused')
    }
  })

  it('is left alone by a hundred others that come and go', async () => {
    const kept = await world.filled(numbered(300_000))
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const spool = await world.filled(numbered(270_000 + index))
        expect((await buffer(spool.read())).length).toBe(270_000 + index)
        await spool.discard()
      }),
    )
    expect((await buffer(kept.read())).equals(numbered(300_000))).toBe(true)
    expect(openFilesBelow(world.directory)).toBe(1)
    await kept.discard()
  })
})
