import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { GatewayError } from '../errors/gateway-error.ts'
import { makeDirectory } from './make-directory.ts'
import { GatheredBytes } from './gathered-bytes.ts'
import type { FileHandle } from 'node:fs/promises'

/** What stays in memory; anything larger goes to a file. */
const MEMORY_BYTES = 262_144
/** How much of a file is read at once. */
const READ_BYTES = 131_072
const PREFIX = 'spool-'
/** Only this process's user may look; the file must not exist yet, nor be somebody's link. */
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
const OWNER_ONLY = 0o600

/** A part of what a spool holds, both ends as offsets. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Where large bodies wait on disk. A file is removed from its directory as soon as it is open, so that it is gone with the
 * process, however that ends; where the system does not allow that (Windows), when it is discarded or at the next start.
 */
export class SpoolDirectory {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Removes files that a killed process left. The directory need not exist: it is made for the first file. */
  async sweep(): Promise<void> {
    const names = await readdir(this.#path).catch(() => [])
    const left = names.filter((name) => name.startsWith(PREFIX))
    await Promise.all(left.map((name) => unlink(join(this.#path, name)).catch(() => {})))
  }

  /** @throws GatewayError `storage_full`, `storage_unavailable` */
  async createFile(): Promise<SpoolFile> {
    const path = join(this.#path, PREFIX + randomUUID())
    try {
      makeDirectory(this.#path)
      const handle = await open(path, CREATE, OWNER_ONLY)
      const isGone = await unlink(path).then(
        () => true,
        () => false,
      )
      return { handle, path: isGone ? undefined : path }
    } catch (error) {
      throw storageError(error)
    }
  }
}

/** A number of bytes that can be read any number of times. */
export interface SpooledBody {
  readonly bytes: number
  open(): Readable
}

interface SpoolFile {
  readonly handle: FileHandle
  /** Where it could not be removed yet. */
  readonly path: string | undefined
}

/** Bytes that arrive once and are read any number of times: in memory while they are few, else in a file. */
export class Spool {
  readonly #directory: SpoolDirectory
  readonly #memory = new GatheredBytes()
  #file: SpoolFile | undefined
  #isDiscarded = false
  bytes = 0

  constructor(directory: SpoolDirectory) {
    this.#directory = directory
  }

  /** Appends; wait for it before the next. @throws GatewayError `storage_full`, `storage_unavailable` */
  async write(chunk: Buffer): Promise<void> {
    const position = this.bytes
    this.bytes += chunk.length
    if (this.#file === undefined && this.bytes <= MEMORY_BYTES) {
      this.#memory.append(chunk)
      return
    }
    if (this.#file === undefined) return this.#moveToFile(chunk)
    return writeAt(this.#file.handle, chunk, position)
  }

  /** What `read` gives, with its length, to be sent any number of times. */
  body(parts: readonly (ByteRange | Buffer)[] = [{ start: 0, end: this.bytes }]): SpooledBody {
    const bytes = parts.reduce((sum, part) => sum + (Buffer.isBuffer(part) ? part.length : part.end - part.start), 0)
    return { bytes, open: () => this.read(parts) }
  }

  /** The bytes as a stream: ranges of what is kept here, and others in between. */
  read(parts: readonly (ByteRange | Buffer)[] = [{ start: 0, end: this.bytes }]): Readable {
    return Readable.from(this.#parts(parts), { objectMode: false, highWaterMark: READ_BYTES })
  }

  /** Gives back memory and disk. Any number of calls; a read under way fails. */
  async discard(): Promise<void> {
    this.#isDiscarded = true
    this.#memory.clear()
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) await remove(file)
  }

  /** What is in memory stays there until it can be read in the file. */
  async #moveToFile(chunk: Buffer): Promise<void> {
    const file = await this.#directory.createFile()
    try {
      await writeAt(file.handle, Buffer.concat([this.#memory.bytes(), chunk]), 0)
    } catch (error) {
      await remove(file)
      throw error
    }
    if (this.#isDiscarded) return remove(file)
    this.#file = file
    this.#memory.clear()
  }

  async *#parts(parts: readonly (ByteRange | Buffer)[]): AsyncGenerator<Buffer> {
    for (const part of parts) {
      if (this.#isDiscarded) throw new Error('the spool has been discarded')
      if (Buffer.isBuffer(part)) yield part
      else if (this.#file === undefined) yield this.#memory.bytes().subarray(part.start, part.end)
      else yield* readRange(this.#file.handle, part)
    }
  }
}

async function remove({ handle, path }: SpoolFile): Promise<void> {
  await handle.close().catch(() => {})
  if (path !== undefined) await unlink(path).catch(() => {})
}

async function* readRange(handle: FileHandle, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(READ_BYTES, end - at)), {
      position: at,
    })
    if (bytesRead === 0) throw new Error('the spool file is shorter than what was written')
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function writeAt(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  try {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  } catch (error) {
    throw storageError(error)
  }
}

function storageError(cause: unknown): GatewayError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new GatewayError('storage_full', "The gateway's disk has no room for the request. Nothing was sent.", {
      cause,
    })
  return new GatewayError(
    'storage_unavailable',
    `The gateway cannot write to its data directory (${code}). Nothing was sent.`,
    { cause },
  )
}
