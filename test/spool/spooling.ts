import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect } from 'vitest'
import { SpoolDirectory } from '../../src/spool/spool-file.ts'
import { Spool } from '../../src/spool/spool.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { openFilesBelow } from '../helpers/open-files.ts'

/** Directories for the spools of a test. */
export class Spooling {
  readonly root: string
  #directories = 0

  constructor(root: string) {
    this.root = root
  }

  /** A directory of this test's own; not made yet. */
  get directory(): string {
    return join(this.root, String(this.#directories))
  }

  next(): void {
    this.#directories++
  }

  spool(path = this.directory): Spool {
    return new Spool(new SpoolDirectory(path))
  }

  async filled(bytes: Buffer, pieceBytes = 65_536, path = this.directory): Promise<Spool> {
    const spool = this.spool(path)
    for (let at = 0; at < bytes.length; at += pieceBytes) await spool.write(bytes.subarray(at, at + pieceBytes))
    return spool
  }
}

/** A new directory for each test of a file, below which none may leave a file open. */
export function spooling(): Spooling {
  const { path, remove } = temporaryDirectory()
  const world = new Spooling(path)
  beforeEach(() => world.next())
  afterEach(() => expect(openFilesBelow(path)).toBe(0))
  afterAll(remove)
  return world
}

/** Bytes that tell where they stand. */
export function numbered(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32BE(at, at)
  return bytes
}

/** The error that a piece of work must end in. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}
