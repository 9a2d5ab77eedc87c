import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { beforeAll, describe, expect, it } from 'vitest'
import { SpoolDirectory } from '../../src/spool/spool-file.ts'
import { openFilesBelow } from '../helpers/open-files.ts'
import { afterAll } from 'vitest'
import { failureOf, numbered, spooling } from './spooling.ts'

const world = spooling()

describe('the files of a spool', () => {
  it('are for this user only, and so is their directory', async () => {
    const { handle, path } = await new SpoolDirectory(join(world.directory, 'a/b')).createFile()
    expect((await handle.stat()).mode & 0o777).toBe(0o600)
    for (const made of [world.directory, join(world.directory, 'a'), join(world.directory, 'a/b')])
      expect(statSync(made).mode & 0o777).toBe(0o700)
    expect(path).toBeUndefined()
    expect((await handle.stat()).nlink).toBe(0) // it has no name any more, and is gone with the process
    expect(readdirSync(join(world.directory, 'a/b'))).toEqual([])
    await handle.close()
  })

  it('that a killed process has left are removed at the next start, and nothing else', async () => {
    mkdirSync(join(world.directory, 'spool-folder'), { recursive: true })
    writeFileSync(join(world.root, 'somebody-elses'), 'kept')
    writeFileSync(join(world.directory, 'spool-1'), 'x')
    writeFileSync(join(world.directory, 'notes.txt'), 'kept')
    symlinkSync(join(world.root, 'somebody-elses'), join(world.directory, 'spool-link'))
    await new SpoolDirectory(world.directory).sweep()
    expect(readdirSync(world.directory).toSorted()).toEqual(['notes.txt', 'spool-folder'])
    expect(readFileSync(join(world.root, 'somebody-elses'), 'utf8')).toBe('kept')
  })

  it('are not removed through a link, whose other end may be anybody’s', async () => {
    mkdirSync(world.directory, { recursive: true })
    writeFileSync(join(world.directory, 'spool-1'), 'kept')
    symlinkSync(world.directory, join(world.root, 'link'))
    await new SpoolDirectory(join(world.root, 'link')).sweep()
    expect(readdirSync(world.directory)).toEqual(['spool-1'])
  })

  it('need no directory to be swept, and no sweep is too many', async () => {
    await new SpoolDirectory(join(world.directory, 'missing')).sweep()
    await new SpoolDirectory(join(world.directory, 'missing')).sweep()
    expect(existsSync(world.directory)).toBe(false)
  })

  it('are not taken from a process that runs beside this one', async () => {
    const spool = await world.filled(numbered(300_000))
    await new SpoolDirectory(world.directory).sweep()
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
    mkdirSync(world.directory)
    writeFileSync(join(world.directory, 'plain'), '')
    const error = await failureOf(world.filled(numbered(300_000), 65_536, join(world.directory, path)))
    expect(error).toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringMatching(
        /^The gateway cannot write to its data directory \(E[A-Z]+\)\. Nothing was sent\.$/,
      ) as string,
      status: 503,
    })
    expect((error as Error).message).not.toContain(world.directory)
  })

  it('stops nobody whose request is small', async () => {
    mkdirSync(world.directory)
    writeFileSync(join(world.directory, 'plain'), '')
    const spool = await world.filled(numbered(1000), 100, join(world.directory, 'plain'))
    expect((await buffer(spool.read())).length).toBe(1000)
    await spool.discard()
  })
})

describe('a disk that is full', () => {
  const disk = join(world.root, 'disk')
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
    const spool = world.spool(path)
    const work = (async () => {
      for (let at = 0; at < 40; at++) await spool.write(numbered(65_536))
    })()
    expect(await failureOf(work)).toMatchObject({ code: 'storage_full', status: 503 })
    await spool.discard()
    expect(openFilesBelow(path)).toBe(0)
    const next = await world.filled(numbered(600_000), 65_536, path)
    expect((await buffer(next.read())).equals(numbered(600_000))).toBe(true)
    await next.discard()
    // No room from the first write to a file on.
    await expect(world.spool(path).write(numbered(2_000_000))).rejects.toMatchObject({ code: 'storage_full' })
    expect(openFilesBelow(path)).toBe(0)
  })
})
