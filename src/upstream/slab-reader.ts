import { Slab, slabOf } from '../spool/slab.ts'
import type { Socket } from 'node:net'
import type { SlabPool } from '../spool/slab-pool.ts'

/** A connection that waits for an answer, or has a small one, needs no more. */
const WAITING_BYTES = 4096
/** The plaintext of one TLS record (RFC 8446, 5.1), which Node reads one by one. */
const RECORD_BYTES = 16_384

/** The reading of a connection, as the answers on it see it. */
export interface AnswerSource {
  /** Status and headers have been read: the answer itself comes. */
  answerBegan(): void
  /** A part of the answer has been read. */
  answerRead(): void
  /** The answer is over, whatever way. */
  answerOver(): void
}

/**
 * Reads a connection into slabs, for undici's parser: Node's `onread` gives the memory to be read into, and the socket's
 * `read` hands out what has come. A slab is retained until the parser looks at it no more. While the parser is paused,
 * nothing is read.
 */
export class SlabReader implements AnswerSource {
  /** For `net.connect` and `tls.connect`. */
  readonly onread = {
    buffer: (): Buffer => this.#nextRegion(),
    callback: (bytes: number): boolean => this.#received(bytes),
  }
  readonly #pool: SlabPool
  #socket: Socket | undefined
  #read: Socket['read'] = () => null
  #isTls = false
  /** Memory of this connection, for the beginning of each answer. */
  #waiting = new Slab(WAITING_BYTES)
  #slab: Slab = this.#waiting
  /** Offset in the slab where the next bytes go, and where those begin that the parser has not been given. */
  #at = 0
  #from = 0
  /** Pieces that the parser has yet to take, each with its slab retained. */
  readonly #pieces: Buffer[] = []
  /** Slabs that the parser may still look at: a head and a trailer are views of all the pieces that they came in. */
  #lent: Slab[] = []
  #isAnswering = false
  #hasRead = false
  #isOver = false
  /** The parser takes nothing for now, and the socket does not read. */
  #isPaused = false
  #isStopped = false
  #hasEnded = false
  #isClosed = false
  #flush: NodeJS.Immediate | undefined

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  /** Takes the place of the socket's own reading. */
  attach(socket: Socket): void {
    const read = socket.read.bind(socket)
    const push = socket.push.bind(socket)
    this.#socket = socket
    this.#isTls = 'encrypted' in socket
    this.#read = read
    socket.read = (size) => (size === 0 ? read(0) : this.#take())
    socket.unshift = (rest: Buffer) => this.#putBack(rest)
    socket.push = (chunk: unknown) => {
      if (chunk !== null || !this.#isWaited) return push(chunk)
      this.#hasEnded = true // once the parser has taken the rest
      return false
    }
    // After undici's own listener, which may still read what has come.
    socket.once('close', () => queueMicrotask(() => this.#close()))
  }

  answerBegan(): void {
    this.#isAnswering = true
  }

  answerRead(): void {
    this.#hasRead = true
  }

  answerOver(): void {
    this.#isAnswering = false
    this.#isOver = true
  }

  /** Something has come that the parser does not have. */
  get #isWaited(): boolean {
    return this.#pieces.length > 0 || this.#at > this.#from
  }

  #received(bytes: number): boolean {
    this.#at += bytes
    // Records of one turn of the event loop are handed on together, unless this may be the answer's last.
    const isFlight = this.#isTls && this.#isAnswering && bytes === RECORD_BYTES && this.#room >= RECORD_BYTES
    if (isFlight) this.#flush ??= setImmediate(() => this.#handOn())
    else this.#handOn()
    this.#isStopped = this.#isPaused || this.#pieces.length > 0
    return !this.#isStopped
  }

  /** Gives the parser what has come. */
  #handOn(): void {
    clearImmediate(this.#flush)
    this.#flush = undefined
    this.#cutPiece()
    if (this.#isPaused || this.#pieces.length === 0) return
    this.#socket?.emit('readable')
    this.#settle()
  }

  #cutPiece(): void {
    if (this.#at === this.#from) return
    this.#slab.retain()
    this.#pieces.push(this.#slab.bytes.subarray(this.#from, this.#at))
    this.#from = this.#at
  }

  /** The parser takes the next piece; it is done with the one before. */
  #take(): Buffer | null {
    this.#settle()
    this.#isPaused = false
    this.#cutPiece()
    const piece = this.#pieces.shift()
    if (piece !== undefined) {
      const slab = slabOf(piece)
      if (slab !== undefined) this.#lent.push(slab)
      return piece
    }
    if (this.#hasEnded) {
      this.#hasEnded = false
      this.#socket?.push(null)
      this.#read(0)
    } else if (this.#isStopped) {
      this.#isStopped = false
      this.#read(0)
    }
    return null
  }

  /** The parser has been paused in the middle of a piece. */
  #putBack(rest: Buffer): void {
    this.#isPaused = true
    if (rest.length === 0) return
    slabOf(rest)?.retain()
    this.#pieces.unshift(rest)
  }

  /** Releases the slabs that the parser is done with: all of them at the end, all but the last one before. */
  #settle(): void {
    const done = this.#isOver ? this.#lent.length : this.#hasRead ? this.#lent.length - 1 : 0
    this.#isOver = false
    this.#hasRead = false
    for (const slab of this.#lent.splice(0, done)) slab.release()
  }

  get #room(): number {
    return this.#slab.bytes.length - this.#at
  }

  /** The memory for the next read. */
  #nextRegion(): Buffer {
    if (this.#at > this.#from) return this.#slab.bytes.subarray(this.#at)
    // A connection that does not read for now keeps no slab from others: the answer may end with what has come.
    const isLarge = this.#isAnswering && !(this.#isStopped && this.#pool.isScarce)
    if (this.#slab.isFree) this.#rewind()
    if (isLarge !== (this.#slab !== this.#waiting) || this.#room < this.#leastRoom) this.#changeSlab(isLarge)
    return this.#slab.bytes.subarray(this.#at, this.#at + (isLarge ? this.#pool.readBytes : WAITING_BYTES))
  }

  /** A slab with less room is left for another one. */
  get #leastRoom(): number {
    if (this.#slab === this.#waiting) return 1
    return this.#isTls ? RECORD_BYTES : this.#slab.bytes.length / 2
  }

  #rewind(): void {
    if (this.#at > 0) this.#slab.forget()
    this.#at = 0
    this.#from = 0
  }

  #changeSlab(isLarge: boolean): void {
    if (this.#slab !== this.#waiting) this.#slab.release()
    if (isLarge) this.#slab = this.#pool.take()
    else {
      if (!this.#waiting.isFree) {
        this.#waiting.release()
        this.#waiting = new Slab(WAITING_BYTES)
      }
      this.#slab = this.#waiting
    }
    this.#at = 0
    this.#from = 0
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearImmediate(this.#flush)
    for (const piece of this.#pieces.splice(0)) slabOf(piece)?.release()
    for (const slab of this.#lent.splice(0)) slab.release()
    if (this.#slab !== this.#waiting) this.#slab.release()
    this.#slab = this.#waiting
    this.#at = 0
    this.#from = 0
  }
}
