import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { canBeReplacedIn, isOursAlone, rightsOfOthers } from '../../src/spool/private-directory.js'
import { temporaryDirectory } from '../helpers/directory.ts'
import type { TemporaryDirectory } from '../helpers/directory.ts'

const isRoot = process.getuid?.() === 0
let root: TemporaryDirectory
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => root.remove())

/** A directory below the temporary one, with exactly this mode. */
function made(path: string, mode: number): string {
  const directory = join(root.path, path)
  mkdirSync(directory, { recursive: true })
  chmodSync(directory, mode)
  return directory
}

describe.runIf(process.getuid !== undefined)('the rights of others in a directory', () => {
  it.each([
    [0o700, undefined],
    [0o750, 'read'],
    [0o711, 'read'],
    [0o755, 'read'],
    [0o770, 'write'],
    [0o722, 'write'],
    [0o777, 'write'],
    [0o1777, 'write'],
  ])('with mode %o are to %s', (mode, rights) => {
    expect(rightsOfOthers(made('some', mode))).toBe(rights)
  })

  it('at the end of a link are those of the directory there', () => {
    symlinkSync(made('some', 0o777), join(root.path, 'link'))
    expect(rightsOfOthers(join(root.path, 'link'))).toBe('write')
  })

  it.runIf(isRoot)('that belongs to another user are to write', () => {
    const directory = made('some', 0o700)
    chownSync(directory, 12_345, 12_345)
    expect(rightsOfOthers(directory)).toBe('write')
  })
})

describe.runIf(process.getuid !== undefined)('a file can be replaced by another user', () => {
  it.each([
    [0o700, false],
    [0o755, false],
    [0o775, true],
    [0o777, true],
    [0o1777, false],
  ])('in a directory with mode %o: %s', (mode, expected) => {
    expect(canBeReplacedIn(made('some', mode))).toBe(expected)
  })
})

describe.runIf(process.getuid !== undefined)('a directory is ours alone', () => {
  it('with mode 700, also below the system’s sticky temporary directory', () => {
    expect(isOursAlone(made('some', 0o700))).toBe(true)
  })

  it.each([0o750, 0o701, 0o777, 0o1777])('but not with mode %o', (mode) => {
    expect(isOursAlone(made('some', mode))).toBe(false)
  })

  it('but not as a link, wherever it leads', () => {
    symlinkSync(made('some', 0o700), join(root.path, 'link'))
    expect(isOursAlone(join(root.path, 'link'))).toBe(false)
  })

  it('but not below a directory where others can put another one in its place', () => {
    const inside = made('open/some', 0o700)
    chmodSync(join(root.path, 'open'), 0o777)
    expect(isOursAlone(inside)).toBe(false)
    chmodSync(join(root.path, 'open'), 0o1777)
    expect(isOursAlone(inside)).toBe(true)
  })

  it('but not behind a link that leads below such a directory', () => {
    made('open/some', 0o700)
    chmodSync(join(root.path, 'open'), 0o777)
    symlinkSync(join(root.path, 'open'), join(root.path, 'link'))
    expect(isOursAlone(join(root.path, 'link/some'))).toBe(false)
  })

  it.runIf(isRoot)('but not as another user’s', () => {
    const directory = made('some', 0o700)
    chownSync(directory, 12_345, 12_345)
    expect(isOursAlone(directory)).toBe(false)
  })
})
