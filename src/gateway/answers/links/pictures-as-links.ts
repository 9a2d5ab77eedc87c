import { GatheredBytes } from '../../../spool/gathered-bytes.ts'
import { ArrivingPicture } from './arriving-picture.ts'
import { HeldOutput } from './held-output.ts'
import { renamed } from './member-name.ts'
import { eventScanner, jsonScanner } from './picture-scanners.ts'
import type { PictureListener, PictureScanner } from './picture-scanners.ts'
import type { ConvertedOutput } from './held-output.ts'
import type { OrderShelf } from './arriving-picture.ts'

const QUOTE = 0x22
const NULL = 0x6e
/** A name and what stands before its value, or a link; anything longer goes on as it is. */
const MAX_OPENING_BYTES = 16_384

/** How the pictures of an answer reach its client. */
export type PictureForm = 'url' | 'b64_json'

/** An event of a stream is handed on as a whole. */
const END_OF_EVENT = 'end of event'

/**
 * Turns the base64 of an answer into links while it streams by: each picture goes to the shelf, and `"b64_json": "…"`
 * becomes `"url": "…"`. All other bytes stay as they are, previews of a stream included. A picture that cannot be kept is
 * given back as it came, and so are all after it. Of one JSON answer, and of each event, nothing is handed on before it is
 * known which of the two it is.
 */
export class PicturesAsLinks implements PictureListener {
  /** The forms of the pictures so far; empty: there was none to convert. */
  readonly forms = new Set<PictureForm>()
  readonly #shelf: OrderShelf
  readonly #output: ConvertedOutput
  readonly #scanner: PictureScanner
  readonly #held: HeldOutput
  /** Pictures, and the bytes behind them, in the order of the answer. */
  readonly #queue: (ArrivingPicture | GatheredBytes | typeof END_OF_EVENT)[] = []
  #mode: 'passing' | 'name' | 'link' | 'picture' = 'passing'
  #opening = new GatheredBytes()
  #picture: ArrivingPicture | undefined
  /** The picture's string has had a byte. */
  #hasBytes = false
  #hasLink = false
  #hasPicture = false
  /** A picture could not be kept: those after it are not tried. */
  #hasFailed = false
  #chunk: Buffer = Buffer.alloc(0)
  #from = 0
  #isPumping = false
  #isOver = false
  #isHeldBack = false
  #isHurried = false
  #wake: () => void = () => {}
  #onFinished: (() => void) | undefined
  #onDiscarded: (() => void) | undefined

  constructor(shelf: OrderShelf, output: ConvertedOutput, kind: 'json' | 'events' = 'json') {
    this.#shelf = shelf
    this.#output = output
    this.#scanner = kind === 'json' ? jsonScanner(this) : eventScanner(this)
    this.#held = new HeldOutput({ onRelease: () => output.ready(), write: (chunk) => output.write(chunk) })
  }

  /** The client has no part of an event that it has not all of. */
  get isBetweenEvents(): boolean {
    return !this.#held.isReleased
  }

  /** The upstream is to wait: for the disk, or for pictures that are being put on the shelf or given back. */
  get holdsBack(): boolean {
    const isWaiting = this.#queue.some((item) => item instanceof ArrivingPicture && !item.isArriving)
    return !this.#isOver && (isWaiting || this.#picture?.isLagging === true)
  }

  /** The reader is further than the client: a picture was still to be given back when the answer failed. */
  isAhead = false

  write(chunk: Buffer): void {
    if (this.#isOver || this.#onDiscarded !== undefined) return
    this.#chunk = chunk
    this.#from = 0
    this.#scanner.write(chunk)
    this.#take(chunk.length)
    this.#output.changed()
  }

  /** The answer is complete: the callback, or the output's `failed`, follows, perhaps at once. */
  finish(onFinished: () => void): void {
    if (this.#mode === 'name' || this.#mode === 'link') this.#emitOpening()
    this.#onFinished = onFinished
    if (!this.#isPumping) this.#finished()
  }

  /** Whether the client wants no more for now; what is given back waits for it. */
  steer(isHeldBack: boolean): void {
    this.#isHeldBack = isHeldBack && !this.#isHurried
    if (!this.#isHeldBack) this.#wake()
  }

  /** The time of the answer is over: a slow client is not waited for any more. */
  hurry(): void {
    this.#isHurried = true
    this.steer(false)
  }

  /** The answer has failed: nobody gets it, or of its events only those that have come whole, which go out first. */
  discard(onDiscarded: () => void): void {
    if (this.#isOver) return onDiscarded()
    const whole = this.#scanner.hasEvents ? this.#queue.lastIndexOf(END_OF_EVENT) + 1 : 0
    this.isAhead = whole === 0 && this.#queue.length > 0
    for (const item of this.#queue.splice(whole)) if (item instanceof ArrivingPicture) void item.close().catch(() => {})
    if (whole > 0) {
      this.#onDiscarded = onDiscarded
      return this.hurry()
    }
    this.#isOver = true
    if (!this.#scanner.hasEvents) this.#shelf.withdraw() // links in events are with the client already
    this.#wake()
    onDiscarded()
  }

  elementBegan(): void {
    this.#hasLink = false
    this.#hasPicture = false
  }

  elementEnded(): void {}

  eventEnded(at: number): void {
    this.#take(at)
    this.elementBegan()
    if (this.#queue.length === 0) this.#held.hold()
    else this.#queue.push(END_OF_EVENT)
  }

  nameBegan(at: number): void {
    this.#take(at)
    this.#mode = 'name'
  }

  valueBegan(name: string, at: number): void {
    if (this.#mode !== 'name') return
    const isString = this.#chunk[at] === QUOTE
    if (name === 'b64_json' && isString && this.#mayConvert) {
      this.#take(at + 1)
      this.#mode = 'picture'
      this.#hasBytes = false
      return
    }
    this.#take(at)
    if (name === 'url' && isString) {
      this.#mode = 'link'
      return
    }
    if (name === 'url' && this.#chunk[at] === NULL) this.#rename('b64_json')
    // The picture of an event that is not converted, such as a preview, goes on as it comes.
    if (name === 'b64_json' && this.#scanner.hasEvents && this.#queue.length === 0) this.#held.release()
    this.#emitOpening()
    this.#mode = 'passing'
  }

  stringEnded(at: number): void {
    if (this.#mode === 'link') this.#linkEnded(at)
    else if (this.#mode === 'picture') this.#pictureEnded(at)
  }

  /** A link of the upstream's stays one; an empty one changes its name with the picture. */
  #linkEnded(at: number): void {
    this.#take(at + 1)
    const text = this.#opening.bytes()
    const isEmpty = text.at(-2) === QUOTE
    if (isEmpty) this.#rename('b64_json')
    else if (this.#hasPicture) this.#rename('upstream_url')
    else this.#hasLink = true
    this.#emitOpening()
    this.#mode = 'passing'
  }

  #pictureEnded(at: number): void {
    this.#take(at)
    this.#mode = 'passing'
    const picture = this.#picture
    this.#picture = undefined
    if (!this.#hasBytes) return this.#emitOpening() // an empty string is no picture
    if (picture?.end() === true) this.#from = at + 1
    else this.#hasFailed = true
  }

  get #mayConvert(): boolean {
    return !this.#hasLink && !this.#hasFailed && this.#scanner.isPicture
  }

  /** Takes the bytes of the chunk up to an offset, as the place in the answer says. */
  #take(to: number): void {
    const bytes = this.#chunk.subarray(this.#from, to)
    this.#from = to
    if (bytes.length === 0) return
    if (this.#mode === 'passing') return this.#emit(bytes)
    if (this.#mode === 'picture') return this.#takePicture(bytes)
    this.#opening.append(bytes)
    if (this.#opening.length <= MAX_OPENING_BYTES) return
    this.#hasLink ||= this.#mode === 'link'
    this.#emitOpening()
    this.#mode = 'passing'
  }

  #takePicture(bytes: Buffer): void {
    if (!this.#hasBytes) {
      // The opening ends with the quote; it was taken in the mode `name`.
      this.#hasBytes = true
      this.#hasPicture = true
      this.#picture = this.#begin()
    }
    const taken = this.#picture?.write(bytes) ?? 0
    if (taken === bytes.length) return
    this.#hasFailed = true
    this.#emit(bytes.subarray(taken))
  }

  #begin(): ArrivingPicture {
    const picture = new ArrivingPicture(this.#shelf, Buffer.from(this.#opening.bytes()), () => this.#output.changed())
    this.#opening = new GatheredBytes()
    this.#queue.push(picture)
    if (!this.#isPumping) void this.#pump()
    return picture
  }

  #rename(name: string): void {
    const changed = renamed(this.#opening.bytes(), name)
    this.#opening = new GatheredBytes()
    this.#opening.append(changed)
  }

  #emitOpening(): void {
    const bytes = this.#opening.bytes()
    this.#opening = new GatheredBytes()
    if (bytes.length > 0) this.#emit(bytes)
  }

  /** Bytes for the client, behind the pictures that are under way. */
  #emit(bytes: Buffer): void {
    if (this.#queue.length === 0) return this.#held.write(bytes)
    const last = this.#queue.at(-1)
    if (last instanceof GatheredBytes) return last.append(bytes)
    const behind = new GatheredBytes()
    behind.append(bytes)
    this.#queue.push(behind)
  }

  /** Hands on what waits, in order, as each picture's outcome becomes known. */
  async #pump(): Promise<void> {
    this.#isPumping = true
    try {
      for (let item = this.#queue[0]; item !== undefined && !this.#isOver; item = this.#queue[0]) {
        if (item === END_OF_EVENT) this.#held.hold()
        else if (item instanceof GatheredBytes) this.#held.write(item.bytes())
        else await this.#handOn(item)
        this.#queue.shift()
        if (!this.#isOver) this.#output.changed()
      }
      this.#isPumping = false
      if (this.#onDiscarded !== undefined) this.#discarded(this.#onDiscarded)
      else if (!this.#isOver && this.#onFinished !== undefined) this.#finished()
    } catch (error) {
      if (this.#onDiscarded !== undefined) return this.#discarded(this.#onDiscarded)
      const failed = error instanceof Error ? error : new Error(String(error))
      this.discard(() => this.#output.failed(failed))
    }
  }

  #discarded(onDiscarded: () => void): void {
    this.#isOver = true
    onDiscarded()
  }

  async #handOn(picture: ArrivingPicture): Promise<void> {
    const link = await picture.link
    if (this.#isOver) return
    if (link === undefined) return this.#giveBack(picture)
    this.forms.add('url')
    this.#held.write(renamed(picture.opening, 'url'))
    this.#held.write(Buffer.from(`${link}"`))
  }

  async #giveBack(picture: ArrivingPicture): Promise<void> {
    this.#hasFailed = true
    this.forms.add('b64_json')
    this.#held.release()
    for await (const bytes of picture.givenBack()) {
      if (this.#isOver) return
      if (bytes.length > 0) this.#held.write(bytes)
      if (this.#isHeldBack) await new Promise<void>((wake) => (this.#wake = wake))
    }
    await picture.close()
  }

  #finished(): void {
    this.#isOver = true
    this.#held.release()
    this.#onFinished?.()
  }
}
