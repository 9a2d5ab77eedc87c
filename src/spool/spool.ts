import { Readable } from 'node:stream'
import { ByteList } from './byte-list.ts'
import { slabOf } from './slab.ts'
import { storageFull } from './spool-file.ts'
import type { SpoolDirectory, SpoolFile } from './spool-file.ts'

/** The memory of one spool, where nothing else is said; anything larger goes to a file. */
const MEMORY_BYTES = 262_144
/** Fewer bytes wait for more before they are written to the file. */
const LEAST_WRITE_BYTES = 65_536
const MOST_WRITE_BYTES = 1_048_576
/** How much of a file is read at once. */
const READ_BYTES = 131_072

/** A part of what a spool holds, both ends as offsets. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** A number of bytes that can be read any number of times. */
export interface SpooledBody {
  readonly bytes: number
  open(): Readable
}

/** Is told when bytes have gone from memory to the file, and when they cannot. */
export interface SpoolOwner {
  spooled(bytes: number): void
  spoolFailed(error: unknown): void
}

export interface SpoolOptions {
  /** More than that goes to a file; infinite: nothing does before `spill` is called. */
  readonly memoryBytes?: number
  readonly owner?: SpoolOwner
}

/**
 * Bytes that arrive once and are read any number of times: in memory while they are few, else in a file. The file holds
 * the first `fileBytes`, memory the rest, so that what is on its way to the disk can be read, and is counted, where it is.
 */
export class Spool {
  readonly #directory: SpoolDirectory
  readonly #maxMemoryBytes: number
  readonly #owner: SpoolOwner | undefined
  readonly #memory = new ByteList({ retainsSlabs: true })
  #file: SpoolFile | undefined
  #leastWriteBytes = LEAST_WRITE_BYTES
  #isSpilled = false
  #isDiscarded = false
  #writing: Promise<void> | undefined
  #failure: unknown
  bytes = 0
  fileBytes = 0

  constructor(directory: SpoolDirectory, { memoryBytes = MEMORY_BYTES, owner }: SpoolOptions = {}) {
    this.#directory = directory
    this.#maxMemoryBytes = memoryBytes
    this.#owner = owner
  }

  /** The bytes that are in memory, those that wait for the file included. */
  get memoryBytes(): number {
    return this.#memory.bytes
  }

  /** The bytes go to the file, or are there; the latest may still be in memory. */
  get isSpilled(): boolean {
    return this.#isSpilled
  }

  /** Appends without waiting; the owner is told how the file fares. */
  append(chunk: Buffer): void {
    if (this.#isDiscarded) return
    this.bytes += chunk.length
    this.#memory.append(chunk)
    if (!this.#isSpilled && this.#memory.bytes > this.#maxMemoryBytes) this.#isSpilled = true
    if (this.#isSpilled) this.#startWriting()
  }

  /**
   * Appends; wait for it before the next. What would touch the reserve of the disk is refused.
   * @throws GatewayError `storage_full`, `storage_unavailable`
   */
  async write(chunk: Buffer): Promise<void> {
    const bytes = this.#memory.bytes + chunk.length
    const isForFile = this.#isSpilled || bytes > this.#maxMemoryBytes
    if (isForFile && !this.#directory.room.makeRoom(bytes)) throw storageFull()
    this.append(chunk)
    await this.#writing
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Sends what is in memory to the file, however little it is. */
  spill(): void {
    this.#isSpilled = true
    this.#leastWriteBytes = 1
    this.#startWriting()
  }

  /** Copies what is in slabs, which are needed for other answers. */
  leaveSlabs(): void {
    this.#memory.leaveSlabs()
  }

  /** All bytes in one piece, where they are in memory. */
  get inMemory(): Buffer | undefined {
    return this.#isDiscarded || this.fileBytes > 0 ? undefined : this.#memory.joined()
  }

  /** The bytes from an offset on: as many as can be had at once. @throws where there are none, or they were discarded */
  async chunkAt(offset: number, end = this.bytes): Promise<Buffer> {
    if (this.#isDiscarded) throw new Error('the spool has been discarded')
    if (offset >= this.fileBytes) return this.#memory.from(offset - this.fileBytes).subarray(0, end - offset)
    if (this.#file === undefined) throw new Error('the spool has no file')
    return this.#file.read(offset, Math.min(end, this.fileBytes, offset + READ_BYTES))
  }

  /** Ranges of the spool and other bytes in between, with their length, to be sent any number of times. */
  body(parts: readonly (ByteRange | Buffer)[] = [{ start: 0, end: this.bytes }]): SpooledBody {
    const bytes = parts.reduce((sum, part) => sum + (Buffer.isBuffer(part) ? part.length : part.end - part.start), 0)
    return { bytes, open: () => this.read(parts) }
  }

  /** The bytes as a stream: ranges of the spool, and others in between. */
  read(parts: readonly (ByteRange | Buffer)[] = [{ start: 0, end: this.bytes }]): Readable {
    return Readable.from(this.#parts(parts), { objectMode: false, highWaterMark: READ_BYTES })
  }

  /** Gives back memory and disk. Any number of calls; a read under way fails. */
  async discard(): Promise<void> {
    const closed = this.#isDiscarded ? undefined : this.#directory.room.closing(this.fileBytes)
    this.#isDiscarded = true
    this.#memory.clear()
    await this.#writing
    const file = this.#file
    this.#file = undefined
    await file?.remove()
    closed?.()
  }

  #startWriting(): void {
    if (this.#isDiscarded || this.#memory.bytes < this.#leastWriteBytes) return
    this.#writing ??= this.#writeUntilDone()
  }

  async #writeUntilDone(): Promise<void> {
    try {
      await this.#writeOut()
      this.#writing = undefined
    } catch (error) {
      this.#failure = error
      this.#writing = undefined
      await this.discard() // at once: others may need the room
      this.#owner?.spoolFailed(error)
    }
  }

  async #writeOut(): Promise<void> {
    this.#file ??= await this.#directory.createFile()
    while (!this.#isDiscarded && this.#memory.bytes >= this.#leastWriteBytes) {
      const pieces = this.#memory.firstPieces(MOST_WRITE_BYTES)
      const bytes = await this.#write(this.#file, pieces)
      if (this.#isDiscarded) return
      this.#memory.removeFirst(pieces)
      this.fileBytes += bytes
      this.#directory.room.written(bytes)
      if (this.#memory.bytes === 0) this.#leastWriteBytes = LEAST_WRITE_BYTES
      this.#owner?.spooled(bytes)
    }
  }

  /** Retains the slabs meanwhile: the spool may be discarded. */
  async #write(file: SpoolFile, pieces: readonly Buffer[]): Promise<number> {
    const slabs = pieces.map((piece) => slabOf(piece)?.retain())
    try {
      return await file.write(pieces, this.fileBytes)
    } finally {
      for (const slab of slabs) slab?.release()
    }
  }

  async *#parts(parts: readonly (ByteRange | Buffer)[]): AsyncGenerator<Buffer> {
    for (const part of parts) {
      if (this.#isDiscarded) throw new Error('the spool has been discarded')
      if (Buffer.isBuffer(part)) yield part
      else {
        for (let at = part.start; at < part.end;) {
          const chunk = await this.chunkAt(at, part.end)
          at += chunk.length
          yield chunk
        }
      }
    }
  }
}
