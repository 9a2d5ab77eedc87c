import { createHash } from 'node:crypto'
import { GatewayError } from '../../../errors/gateway-error.ts'
import { GatheredBytes } from '../../../spool/gathered-bytes.ts'
import { ImageFile } from '../../../models/rules/image-file.ts'
import { isFileField, shownName } from './field-names.ts'
import { ImageHeaderTap } from '../images/image-header.ts'
import { boundaryOf, MultipartError } from './multipart-headers.ts'
import { MultipartTap } from './multipart-tap.ts'
import { headWithType, missingType } from './part-type.ts'
import type { ByteRange } from '../../../spool/spool.ts'
import type { UploadTap } from './receive.ts'
import type { PartHead } from './multipart-headers.ts'
import type { PartVisitor } from './multipart-tap.ts'

/** The text of all fields together; several times the longest prompt. */
const MAX_TEXT_BYTES = 8_388_608
const NO_LINES = Buffer.alloc(0)

export interface Part {
  /** As it stands in the form: `image[]`. */
  readonly name: string
  /** The place of the part in the body, its delimiter included. */
  readonly range: ByteRange
}

export interface TextPart extends Part {
  readonly text: string
}

export interface FilePart extends Part {
  readonly file: ImageFile
  /** Replaces everything before the file's bytes; undefined where the part has a type of an image. */
  readonly retyped?: Retyped
}

/** The head of a part under the type that its bytes have. */
export interface Retyped {
  readonly type: string
  readonly head: Buffer
  readonly dataStart: number
}

/** The part that is being read. */
interface OpenPart {
  readonly head: PartHead
  /** Its header lines, of a file. */
  readonly lines: Buffer
  readonly dataStart: number
  readonly text: GatheredBytes
  readonly header: ImageHeaderTap
  bytes: number
}

/**
 * Reads a multipart form in passing: the text of its fields, and of its files what their first bytes tell.
 * @throws GatewayError `invalid_form`, from every method and the constructor
 */
export class FormReader implements UploadTap, PartVisitor {
  readonly boundary: string
  readonly texts: TextPart[] = []
  readonly files: FilePart[] = []
  /** Files that were not chosen: without a name and without bytes. */
  readonly emptyFiles: Part[] = []
  /** SHA-256 of the parts in their order, whatever stands between them; once the form has ended. */
  digest = ''
  readonly #hash = createHash('sha256')
  /** Offset in the body at which the last part ends and the closing delimiter begins. */
  partsEnd = 0
  readonly #tap: MultipartTap
  #open: OpenPart | undefined
  #textBytes = 0

  constructor(contentType: string) {
    this.boundary = orInvalidForm(() => boundaryOf(contentType))
    this.#tap = new MultipartTap(this.boundary, this)
  }

  write(chunk: Buffer): void {
    orInvalidForm(() => this.#tap.write(chunk))
  }

  end(): void {
    orInvalidForm(() => this.#tap.end())
    this.digest = this.#hash.digest('base64')
  }

  partBegan(head: PartHead, lines: Buffer, dataStart: number): void {
    const kept = head.filename === undefined ? NO_LINES : Buffer.from(lines)
    this.#open = { head, lines: kept, dataStart, text: new GatheredBytes(), header: new ImageHeaderTap(), bytes: 0 }
    this.#hash.update(`\n${JSON.stringify([head.name, head.filename, head.contentType])}\n`)
  }

  partData(chunk: Buffer): void {
    const open = this.#open
    if (open === undefined) return
    open.bytes += chunk.length
    this.#hash.update(chunk)
    if (open.head.filename !== undefined) {
      if (!open.header.isDone) open.header.write(chunk)
      return
    }
    this.#textBytes += chunk.length
    if (this.#textBytes > MAX_TEXT_BYTES) throw isMeantAsFile(open.head) ? noFileName(open.head.name) : tooMuchText()
    open.text.append(chunk)
  }

  partEnded(end: number): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    this.partsEnd = end
    const { head, bytes, text } = open
    this.#hash.update(`\n${bytes}`) // so that no content can pass for the head of another part
    const part = { name: head.name, range: { start: head.start, end } }
    if (head.filename === '') this.emptyFiles.push(part)
    else if (head.filename !== undefined) this.files.push({ ...part, ...this.#fileOf(open) })
    else this.texts.push({ ...part, text: utf8(text.bytes(), head) })
  }
  #fileOf({ head, lines, dataStart, bytes, header }: OpenPart): Pick<FilePart, 'file' | 'retyped'> {
    const found = header.header()
    const file = new ImageFile({ bytes, ...found })
    const type = isFileField(head.name) ? missingType(head.contentType, found?.format) : undefined
    if (type === undefined) return { file }
    return { file, retyped: { type, dataStart, head: headWithType(this.boundary, lines, type) } }
  }
}

function utf8(bytes: Buffer, head: PartHead): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw isMeantAsFile(head)
      ? noFileName(head.name)
      : invalidForm(`The field '${head.name.slice(0, 64)}' is not valid UTF-8.`)
  }
}

/** An image whose part has no file name is a text to every parser. */
function isMeantAsFile({ name, contentType }: PartHead): boolean {
  return isFileField(name) || /^image\//i.test(contentType ?? '')
}

function tooMuchText(): GatewayError {
  return invalidForm(`The form's text fields have more than ${MAX_TEXT_BYTES} bytes together.`)
}

export function noFileName(name: string): GatewayError {
  return invalidForm(`The field '${shownName(name)}' must be sent as a file: its part has no file name.`)
}

/** Runs `read`; the error about a malformed form becomes the client's. */
function orInvalidForm<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof MultipartError ? invalidForm(error.message) : error
  }
}

export function invalidForm(message: string): GatewayError {
  return new GatewayError('invalid_form', message)
}
