import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { GatewayError } from '../errors/gateway-error.ts'
import { fill } from './blocks.ts'
import type { FileHandle } from 'node:fs/promises'
import type { Block, Blocks } from './blocks.ts'
import type { DiskRoom } from '../spool/disk-room.ts'

/** How many bytes of a picture may wait for the disk before the upstream is held back. */
const MOST_WAITING_BYTES = 131_072
/** Fewer bytes wait for more, until the picture is complete. */
const LEAST_WRITE_BYTES = 65_536
/** A multiple of three, so that each piece can be base64 by itself. */
const READ_BYTES = 98_304

/** A file under a temporary name, open for reading and writing. */
export interface DraftFile {
  readonly path: string
  readonly handle: FileHandle
}

export interface DraftOptions {
  readonly create: () => Promise<DraftFile>
  readonly room: DiskRoom
  readonly blocks: Blocks
  /** The disk has caught up, or has failed. */
  readonly onChange: () => void
}

/**
 * A picture that is still coming: its bytes go to a file as they arrive. When the disk fails, none is lost: those in
 * the file can be read back, and the rest is in memory.
 */
export class Draft {
  readonly #options: DraftOptions
  /** Bytes that are not in the file yet; the first block may be on its way there. */
  readonly #waiting: Block[] = []
  #waitingBytes = 0
  readonly #hash = createHash('sha256')
  #sha256: string | undefined
  #file: DraftFile | undefined
  #fileBytes = 0
  #leastWriteBytes = LEAST_WRITE_BYTES
  #writing: Promise<void> | undefined
  #isRemoved = false
  failure: unknown
  bytes = 0

  constructor(options: DraftOptions) {
    this.#options = options
  }

  /** The disk lags behind. */
  get isLagging(): boolean {
    return this.failure === undefined && this.#waitingBytes > MOST_WAITING_BYTES
  }

  /** Takes bytes without waiting; they are copied. */
  write(chunk: Buffer): void {
    this.bytes += chunk.length
    this.#hash.update(chunk)
    this.#waitingBytes += chunk.length
    fill(this.#waiting, chunk, this.#options.blocks)
    this.#startWriting()
  }

  /**
   * Waits until all bytes are in the file.
   * @returns its path, and the SHA-256 in hexadecimal
   * @throws GatewayError `storage_full`, or the system's error
   */
  async whole(): Promise<{ readonly path: string; readonly sha256: string }> {
    this.#leastWriteBytes = 1
    this.#startWriting()
    await this.#writing
    if (this.failure !== undefined) throw this.failure
    if (this.#file === undefined || this.#waitingBytes > 0) throw new Error('the draft has no file')
    return { path: this.#file.path, sha256: (this.#sha256 ??= this.#hash.digest('hex')) }
  }

  /** All bytes from the first one on, in pieces of whole groups of three bytes but for the last. */
  async *contents(): AsyncGenerator<Buffer> {
    await this.#writing
    for (let at = 0; at < this.bytes; at += READ_BYTES) yield this.#range(at, Math.min(this.bytes, at + READ_BYTES))
  }

  /** Closes the file, and takes it away where it was not put on the shelf. Any number of calls. */
  async close(isKept: boolean): Promise<void> {
    if (this.#isRemoved) return
    this.#isRemoved = true
    await this.#writing
    for (const block of this.#waiting.splice(0)) this.#options.blocks.giveBack(block)
    const file = this.#file
    if (file === undefined) return
    const closed = isKept ? undefined : this.#options.room.closing(this.#fileBytes)
    try {
      if (!isKept) await rm(file.path, { force: true })
      await file.handle.close()
    } finally {
      closed?.()
    }
  }

  async #range(start: number, end: number): Promise<Buffer> {
    const piece = Buffer.allocUnsafe(end - start)
    let at = start
    while (at < Math.min(end, this.#fileBytes) && this.#file !== undefined) {
      const { bytesRead } = await this.#file.handle.read(piece, at - start, Math.min(end, this.#fileBytes) - at, at)
      if (bytesRead === 0) throw new Error('a picture could not be read back')
      at += bytesRead
    }
    let from = this.#fileBytes
    for (const { memory, length } of this.#waiting) {
      if (at < end && at < from + length) at += memory.copy(piece, at - start, at - from, Math.min(length, end - from))
      from += length
    }
    return piece
  }

  #startWriting(): void {
    if (this.failure !== undefined || this.#isRemoved || this.#waitingBytes < this.#leastWriteBytes) return
    this.#writing ??= this.#writeUntilDone()
  }

  async #writeUntilDone(): Promise<void> {
    try {
      this.#file ??= await this.#options.create()
      while (!this.#isRemoved && this.#waitingBytes >= this.#leastWriteBytes) await this.#writeSome(this.#file)
    } catch (error) {
      this.failure = error
    }
    this.#writing = undefined
    this.#options.onChange()
  }

  async #writeSome({ handle }: DraftFile): Promise<void> {
    const { room, blocks, onChange } = this.#options
    const [block] = this.#waiting
    if (block === undefined) return
    block.isClosed = true
    const { memory, length } = block
    if (!room.makeRoom(length)) throw new GatewayError('storage_full', 'There is no room for a picture on the disk.')
    for (let at = 0; at < length;)
      at += (await handle.write(memory, at, length - at, this.#fileBytes + at)).bytesWritten
    room.written(length)
    this.#waiting.shift()
    this.#waitingBytes -= length
    this.#fileBytes += length
    blocks.giveBack(block)
    if (!this.isLagging) onChange()
  }
}
