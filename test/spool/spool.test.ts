import { execFileSync } from 'node:child_process'
import { pbkdf2 } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/errors/gateway-error.ts'
import { SpoolDirectory } from '../../src/spool/spool-file.ts'
import { Spool } from '../../src/spool/spool.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { atRest } from '../helpers/turns.ts'
import type { ByteRange } from '../../src/spool/spool.ts'

/** The most bytes that a spool keeps in memory. */
const MEMORY_BYTES = 262_144

const { path: root, remove } = temporaryDirectory()
let directory: string
let directories = 0

beforeEach(() => void (directory = join(root, String(directories++))))
afterEach(() => expect(openFiles()).toEqual([]))
afterAll(remove)

/** Open files of this process below the directory, those without a name too. */
function openFiles(below = root): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return ''
      }
    })
    .filter((path) => path.startsWith(below))
}

const spoolIn = (path = directory): Spool => new Spool(new SpoolDirectory(path))

async function filled(bytes: Buffer, pieceBytes = 65_536, path = directory): Promise<Spool> {
  const spool = spoolIn(path)
  for (let at = 0; at < bytes.length; at += pieceBytes) await spool.write(bytes.subarray(at, at + pieceBytes))
  return spool
}

/** Bytes that tell where they stand. */
function numbered(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32BE(at, at)
  return bytes
}

/** The error that a piece of work must end in. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('a spool', () => {
  it('keeps 256 KiB in memory and one byte more in a file', async () => {
    const small = await filled(numbered(MEMORY_BYTES))
    expect(existsSync(directory)).toBe(false)
    await small.write(Buffer.from('x'))
    expect(openFiles(directory)).toHaveLength(1)
    expect((await buffer(small.read())).equals(Buffer.concat([numbered(MEMORY_BYTES), Buffer.from('x')]))).toBe(true)
    await small.discard()
    expect(openFiles(directory)).toEqual([])
  })

  it.each([0, 1, MEMORY_BYTES - 1, MEMORY_BYTES, MEMORY_BYTES + 1, 700_001])(
    'gives back %d bytes as they came, any number of times, at once and in pieces',
    async (length) => {
      const bytes = numbered(length)
      for (const pieceBytes of [length + 1, 131_072, 60_007]) {
        const spool = await filled(bytes, pieceBytes)
        const read = await Promise.all([buffer(spool.read()), buffer(spool.read()), buffer(spool.read())])
        for (const one of read) expect(one.equals(bytes)).toBe(true)
        expect(spool.bytes).toBe(length)
        await spool.discard()
      }
    },
  )

  it('gives back any ranges in any order, with other bytes in between', async () => {
    const bytes = numbered(400_000)
    const [inMemory, inFile] = [await filled(bytes.subarray(0, 200_000)), await filled(bytes)]
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
      const spool = await filled(bytes.subarray(0, 250_000))
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
    const spool = await filled(numbered(3_000_000))
    const stream = spool.read()
    stream.on('readable', () => {})
    expect(await atRest(() => stream.readableLength)).toBeLessThanOrEqual(2 * 131_072)
    stream.destroy()
    await spool.discard()
  })
})

describe('a spool that is discarded', () => {
  it('has no file any more, also where it is discarded again', async () => {
    const spool = await filled(numbered(300_000))
    await Promise.all([spool.discard(), spool.discard()])
    await spool.discard()
  })

  it('while its file is being made closes it', async () => {
    const spool = spoolIn()
    const writing = spool.write(numbered(300_000))
    const discarding = spool.discard()
    await Promise.all([writing, discarding])
  })

  it('while it is written closes its file when the write is over', async () => {
    const spool = await filled(numbered(300_000))
    const writing = failureOf(spool.write(numbered(4_000_000)))
    await spool.discard()
    expect(await writing).toSatisfy((error: unknown) => error === undefined || error instanceof GatewayError)
  })

  it.each([
    ['in memory', 240_000],
    ['in a file', 2_400_000],
  ])('fails a reader that is under way %s, so that nobody takes a part for the whole', async (_where, length) => {
    const spool = await filled(numbered(length))
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
      const spool = await filled(numbered(length))
      const stream = spool.read()
      await spool.discard()
      expect(await failureOf(buffer(stream))).toBeInstanceOf(Error)
    }
  })

  it('does not close its file under a read that has begun', async () => {
    for (let round = 0; round < 20; round++) {
      const spool = await filled(numbered(300_000))
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
    const kept = await filled(numbered(300_000))
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const spool = await filled(numbered(270_000 + index))
        expect((await buffer(spool.read())).length).toBe(270_000 + index)
        await spool.discard()
      }),
    )
    expect((await buffer(kept.read())).equals(numbered(300_000))).toBe(true)
    expect(openFiles(directory)).toHaveLength(1)
    await kept.discard()
  })
})

describe('the files of a spool', () => {
  it('are for this user only, and so is their directory', async () => {
    const { handle, path } = await new SpoolDirectory(join(directory, 'a/b')).createFile()
    expect((await handle.stat()).mode & 0o777).toBe(0o600)
    for (const made of [directory, join(directory, 'a'), join(directory, 'a/b')])
      expect(statSync(made).mode & 0o777).toBe(0o700)
    expect(path).toBeUndefined()
    expect((await handle.stat()).nlink).toBe(0) // it has no name any more, and is gone with the process
    expect(readdirSync(join(directory, 'a/b'))).toEqual([])
    await handle.close()
  })

  it('that a killed process has left are removed at the next start, and nothing else', async () => {
    mkdirSync(join(directory, 'spool-folder'), { recursive: true })
    writeFileSync(join(root, 'somebody-elses'), 'kept')
    writeFileSync(join(directory, 'spool-1'), 'x')
    writeFileSync(join(directory, 'notes.txt'), 'kept')
    symlinkSync(join(root, 'somebody-elses'), join(directory, 'spool-link'))
    await new SpoolDirectory(directory).sweep()
    expect(readdirSync(directory).toSorted()).toEqual(['notes.txt', 'spool-folder'])
    expect(readFileSync(join(root, 'somebody-elses'), 'utf8')).toBe('kept')
  })

  it('are not removed through a link, whose other end may be anybody’s', async () => {
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'spool-1'), 'kept')
    symlinkSync(directory, join(root, 'link'))
    await new SpoolDirectory(join(root, 'link')).sweep()
    expect(readdirSync(directory)).toEqual(['spool-1'])
  })

  it('need no directory to be swept, and no sweep is too many', async () => {
    await new SpoolDirectory(join(directory, 'missing')).sweep()
    await new SpoolDirectory(join(directory, 'missing')).sweep()
    expect(existsSync(directory)).toBe(false)
  })

  it('are not taken from a process that runs beside this one', async () => {
    const spool = await filled(numbered(300_000))
    await new SpoolDirectory(directory).sweep()
    expect((await buffer(spool.read())).equals(numbered(300_000))).toBe(true)
    await spool.discard()
  })
})

describe('a directory that cannot be used', () => {
  it.each([
    ['is below a file', 'plain/spool'],
    ['is a file itself', 'plain'],
    ['has a name that is too long', 'x'.repeat(300)],
  ])('because it %s is a 503 that says so and not where', async (_why, path) => {
    mkdirSync(directory)
    writeFileSync(join(directory, 'plain'), '')
    const error = await failureOf(filled(numbered(300_000), 65_536, join(directory, path)))
    expect(error).toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringMatching(
        /^The gateway cannot write to its data directory \(E[A-Z]+\)\. Nothing was sent\.$/,
      ) as string,
      status: 503,
    })
    expect((error as Error).message).not.toContain(directory)
  })

  it('stops nobody whose request is small', async () => {
    mkdirSync(directory)
    writeFileSync(join(directory, 'plain'), '')
    const spool = await filled(numbered(1000), 100, join(directory, 'plain'))
    expect((await buffer(spool.read())).length).toBe(1000)
    await spool.discard()
  })
})

describe('a disk that is full', () => {
  const disk = join(root, 'disk')
  let isMounted = false
  beforeAll(() => {
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' })
      isMounted = true
    } catch {
      // Not everybody may.
    }
  })
  afterAll(() => {
    if (isMounted) execFileSync('umount', [disk])
  })

  it('is a 503 after which there is room again', async ({ skip }) => {
    skip(!isMounted, 'a disk of one megabyte can be mounted by root only')
    const path = join(disk, 'spool')
    const spool = spoolIn(path)
    const work = (async () => {
      for (let at = 0; at < 40; at++) await spool.write(numbered(65_536))
    })()
    expect(await failureOf(work)).toMatchObject({ code: 'storage_full', status: 503 })
    await spool.discard()
    expect(openFiles(path)).toEqual([])
    const next = await filled(numbered(600_000), 65_536, path)
    expect((await buffer(next.read())).equals(numbered(600_000))).toBe(true)
    await next.discard()
    // No room from the first write to a file on.
    await expect(spoolIn(path).write(numbered(2_000_000))).rejects.toMatchObject({ code: 'storage_full' })
    expect(openFiles(path)).toEqual([])
  })
})
