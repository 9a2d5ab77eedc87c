import { Spool } from '../../spool/spool.ts'
import { joined } from '../../spool/joined.ts'
import type { AnswerSink } from '../answers/answer.ts'
import type { KeptAnswers } from './kept-answers.ts'

/** How much of one answer may wait for the disk before the upstream is held back; many share what may wait. */
const WAITING_BYTES = { most: 524_288, least: 65_536, together: 8_388_608 } as const
/** How much of a file is read at once for a client. */
const READ_BYTES = 131_072

/**
 * What an answer's clients have been given and are being given, from its first byte, for whoever comes back for it: in
 * memory while it is small, on disk when there are many or large ones, nowhere when there is no room.
 */
export class KeptAnswer {
  readonly #all: KeptAnswers
  #chunks: Buffer[] = []
  #spool: Spool | undefined
  /** Chunks on their way to the disk, in order. */
  #writing: Promise<void> | undefined
  #waitingBytes = 0
  /** What can be read: less than `bytes` while some of it is on its way to the disk. */
  #readableBytes = 0
  #end: 'open' | 'complete' | 'cut' = 'open'
  #isLost = false
  #changed: (() => void)[] = []
  /** Called when the disk has caught up. */
  onDrain: () => void = () => {}
  bytes = 0

  constructor(all: KeptAnswers) {
    this.#all = all
  }

  /** Everything is still here from the first byte. */
  get isWhole(): boolean {
    return !this.#isLost
  }

  /** It ended in the middle. */
  get isCut(): boolean {
    return this.#end === 'cut'
  }

  /** Bytes of it that are in memory, or on disk. */
  get memoryBytes(): number {
    return this.#isLost || this.#spool !== undefined ? 0 : this.bytes
  }

  /** All of it in one piece, where it is in memory. */
  get inMemory(): Buffer | undefined {
    if (this.#isLost || this.#spool !== undefined) return undefined
    return joined(this.#chunks)
  }

  get diskBytes(): number {
    return this.#isLost || this.#spool === undefined ? 0 : this.bytes
  }

  /** Appends what has been given out. False where nothing more should come for now. */
  append(chunk: Buffer): boolean {
    if (this.#isLost || chunk.length === 0) return true
    this.bytes += chunk.length
    if (this.#spool === undefined) {
      this.#chunks.push(chunk)
      this.#readableBytes = this.bytes
      this.#all.grew(this, chunk.length, 'memory')
    } else {
      this.#all.grew(this, chunk.length, 'disk')
      this.#write(chunk)
    }
    this.#notify()
    return this.#isLost || this.#diskKeepsUp
  }

  /** Nothing more comes: the answer is complete, or its client must see that it is not. */
  close(end: 'complete' | 'cut'): void {
    this.#end = end
    this.#notify()
  }

  /** From memory to disk. */
  spill(): void {
    if (this.#isLost || this.#spool !== undefined) return
    const chunks = this.#chunks
    this.#all.moved(this.bytes)
    this.#chunks = []
    this.#readableBytes = 0
    this.#spool = new Spool(this.#all.directory)
    for (const chunk of chunks) this.#write(chunk)
  }

  /** Forgets it: it is not needed any more, or there is no room. */
  drop(): void {
    if (this.#isLost) return
    this.#all.dropped(this)
    this.#isLost = true
    this.#chunks = []
    const spool = this.#spool
    if (spool !== undefined) void (this.#writing ?? Promise.resolve()).then(async () => spool.discard())
    this.#all.waitingBytes -= this.#waitingBytes
    this.#waitingBytes = 0
    this.#notify()
    this.onDrain()
  }

  /**
   * Gives it out again from its first byte, and what is still to come as it comes. A reader does not hold the upstream
   * back: what it has not read yet is kept.
   * @returns what to call when the sink wants more again, and when it is gone
   */
  replayInto(sink: AnswerSink): { readonly resume: () => void; readonly stop: () => void } {
    let position = 0
    let isStopped = false
    let resume: () => void = () => {}
    const run = async (): Promise<void> => {
      for (;;) {
        while (position < this.#readableBytes && !this.#isLost) {
          const chunk = await this.#read(position)
          if (isStopped) return
          position += chunk.length
          if (sink.write(chunk)) continue
          await new Promise<void>((wake) => (resume = wake))
          if (isStopped) return
        }
        if (this.#isLost && (position < this.bytes || this.#end === 'open')) return sink.abort()
        if (this.#end !== 'open' && position === this.bytes) return this.#end === 'complete' ? sink.end() : sink.abort()
        await new Promise<void>((wake) => this.#changed.push(wake))
        if (isStopped) return
      }
    }
    run().catch(() => {
      if (!isStopped) sink.abort()
    })
    const stop = (): void => {
      isStopped = true
      resume()
    }
    return { resume: () => resume(), stop }
  }

  async #read(from: number): Promise<Buffer> {
    if (this.#spool === undefined) return this.#chunkAt(from)
    const end = Math.min(this.#readableBytes, from + READ_BYTES)
    const parts: Buffer[] = []
    for await (const part of this.#spool.read([{ start: from, end }])) parts.push(part as Buffer)
    return Buffer.concat(parts)
  }

  /** The chunk in memory that holds the offset, from there on. */
  #chunkAt(offset: number): Buffer {
    let start = 0
    for (const chunk of this.#chunks) {
      if (offset < start + chunk.length) return chunk.subarray(offset - start)
      start += chunk.length
    }
    throw new Error('there is no such byte')
  }

  #write(chunk: Buffer): void {
    const spool = this.#spool
    if (spool === undefined || this.#isLost) return // it may have been given up for this very chunk
    this.#waitingBytes += chunk.length
    this.#all.waitingBytes += chunk.length
    this.#writing = (this.#writing ?? Promise.resolve())
      .then(() => (this.#isLost ? undefined : spool.write(chunk)))
      .then(
        () => this.#written(chunk.length),
        () => this.drop(), // no room, no disk: the client that is there still gets its answer
      )
  }

  #written(bytes: number): void {
    if (this.#isLost) return
    this.#readableBytes += bytes
    this.#waitingBytes -= bytes
    this.#all.waitingBytes -= bytes
    this.#notify()
    if (this.#diskKeepsUp) this.onDrain()
  }

  get #diskKeepsUp(): boolean {
    const { most, least, together } = WAITING_BYTES
    return this.#waitingBytes < (this.#all.waitingBytes > together ? least : most)
  }

  #notify(): void {
    for (const wake of this.#changed.splice(0)) wake()
  }
}
