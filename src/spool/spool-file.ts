import { randomUUID } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { lstat, open, readdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GatewayError } from '../errors/gateway-error.ts'
import { systemCode } from '../errors/system-error.ts'
import { DiskRoom } from './disk-room.ts'
import { buffersPassed } from './passing-buffers.ts'
import { makeDirectory, makeOneDirectory } from './make-directory.ts'
import type { FileHandle } from 'node:fs/promises'

const PREFIX = 'spool-'
/** Only this process's user may look; the file must not exist yet, nor be somebody's link. */
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
const OWNER_ONLY = 0o600
/** The system takes at most 1024 pieces in one call (POSIX, IOV_MAX). */
const MAX_PIECES = 512

/**
 * The directory of large bodies that wait on disk. A file is removed from it as soon as it is open, so that it is gone with
 * the process, however that ends; where the system does not allow that (Windows), when it is discarded or at the next start.
 */
export class SpoolDirectory {
  /** The room on its disk, which others use too. */
  readonly room: DiskRoom
  readonly #path: string
  /** Makes the directory: not those above it that were there once, since whoever moved them may want to put them back. */
  readonly #make: (path: string) => void

  /** @param room by default as much as there is */
  constructor(path: string, room = new DiskRoom({ directory: path, look: () => undefined })) {
    this.#path = path
    this.#make = existsSync(dirname(path)) ? makeOneDirectory : makeDirectory
    this.room = room
  }

  /**
   * Removes files that a killed process left. The directory need not exist: it is made for the first file. If it is a
   * link, nothing is removed: the files at its other end may be anybody's.
   */
  async sweep(): Promise<void> {
    const isDirectory = await lstat(this.#path).then(
      (stats) => stats.isDirectory(),
      () => false,
    )
    if (!isDirectory) return
    const names = await readdir(this.#path).catch(() => [])
    const left = names.filter((name) => name.startsWith(PREFIX))
    await Promise.all(left.map((name) => unlink(join(this.#path, name)).catch(() => {})))
  }

  /** @throws GatewayError `storage_full`, `storage_unavailable` */
  async createFile(): Promise<SpoolFile> {
    const path = join(this.#path, PREFIX + randomUUID())
    try {
      this.#make(this.#path)
      const handle = await open(path, CREATE, OWNER_ONLY)
      const isGone = await unlink(path).then(
        () => true,
        () => false,
      )
      return new SpoolFile(handle, isGone ? undefined : path)
    } catch (error) {
      throw storageError(error)
    }
  }
}

/** One open file without a name. */
export class SpoolFile {
  readonly handle: FileHandle
  /** Set where the file could not be removed from its directory yet. */
  readonly path: string | undefined

  constructor(handle: FileHandle, path: string | undefined) {
    this.handle = handle
    this.path = path
  }

  /** Writes all pieces, one after the other. @returns how many bytes @throws GatewayError `storage_full`, `storage_unavailable` */
  async write(pieces: readonly Buffer[], position: number): Promise<number> {
    try {
      let rest = [...pieces]
      let done = 0
      while (rest.length > 0) {
        const { bytesWritten } = await this.handle.writev(rest.slice(0, MAX_PIECES), position + done)
        done += bytesWritten
        rest = withoutFirst(rest, bytesWritten)
      }
      return done
    } catch (error) {
      throw storageError(error)
    }
  }

  /** Reads what one call gives of a range: at least a byte. */
  async read(start: number, end: number): Promise<Buffer> {
    const { bytesRead, buffer } = await this.handle.read(Buffer.allocUnsafeSlow(end - start), { position: start })
    if (bytesRead === 0) throw new Error('the spool file is shorter than what was written')
    buffersPassed(bytesRead)
    return buffer.subarray(0, bytesRead)
  }

  async remove(): Promise<void> {
    await this.handle.close().catch(() => {})
    if (this.path !== undefined) await unlink(this.path).catch(() => {})
  }
}

/** The pieces without their first bytes: the system may have taken a part only. */
function withoutFirst(pieces: readonly Buffer[], bytes: number): Buffer[] {
  let skipped = bytes
  return pieces.flatMap((piece) => {
    const taken = Math.min(skipped, piece.length)
    skipped -= taken
    return taken === piece.length ? [] : [piece.subarray(taken)]
  })
}

/** The refusal of a request that there is no room for. */
export function storageFull(cause?: unknown): GatewayError {
  const message = "The gateway's disk has no room for the request. Nothing was sent."
  return new GatewayError('storage_full', message, { retryAfterSeconds: 5, cause })
}

function storageError(cause: unknown): GatewayError {
  const code = systemCode(cause) ?? 'unknown error'
  if (code === 'ENOSPC' || code === 'EDQUOT') return storageFull(cause)
  return new GatewayError(
    'storage_unavailable',
    `The gateway cannot write to its data directory (${code}). Nothing was sent.`,
    { cause },
  )
}
