import * as fc from 'fast-check'
import { MultipartTap } from '../../../../src/gateway/requests/uploads/multipart-tap.ts'
import type { PartHead } from '../../../../src/gateway/requests/uploads/multipart-headers.ts'

/** A part as the tap tells it, or as it was spelled. Data is Latin-1: a character is a byte. */
export interface Part extends PartHead {
  readonly data: string
  readonly end: number | undefined
}

export interface Form {
  readonly boundary: string
  readonly body: Buffer
  readonly parts: readonly Part[]
}

/** The common shape by which `formData()` and the tap are compared. */
export interface Entry {
  readonly name: string
  readonly isFile: boolean
  readonly data: string
}

/** The parts that a tap finds in chunks. */
export function partsIn(chunks: readonly Buffer[], boundary: string): readonly Part[] {
  const parts: Part[] = []
  const last = (change: (part: Part) => Part): void => {
    const part = parts.pop()
    if (part !== undefined) parts.push(change(part))
  }
  const tap = new MultipartTap(boundary, {
    partBegan: (head) => void parts.push({ ...head, data: '', end: undefined }),
    partData: (chunk) => {
      if (chunk.length === 0) throw new Error('A chunk without data.')
      last((part) => ({ ...part, data: part.data + chunk.toString('latin1') }))
    },
    partEnded: (end) => last((part) => ({ ...part, end })),
  })
  for (const chunk of chunks) tap.write(chunk)
  tap.end()
  return parts
}

/** The parts, or the message of what was thrown together with its class. */
export function outcome(chunks: readonly Buffer[], boundary: string): readonly Part[] | string {
  try {
    return partsIn(chunks, boundary)
  } catch (error) {
    return String(error)
  }
}

export function entryOf({ name, filename, data }: Part): Entry {
  return { name, isFile: filename !== undefined, data }
}

/** Node's reading of a form; undefined where it refuses it. */
export async function entriesByNode(body: Buffer, boundary: string): Promise<readonly Entry[] | undefined> {
  const headers = { 'content-type': `multipart/form-data; boundary="${boundary}"` }
  try {
    const form = await new Response(Uint8Array.from(body), { headers }).formData()
    return await entriesOf(form)
  } catch {
    return undefined
  }
}

export async function entriesOf(form: FormData): Promise<readonly Entry[]> {
  return Promise.all(
    [...form].map(async ([name, value]) => {
      const isFile = typeof value !== 'string'
      const bytes = isFile ? Buffer.from(await value.arrayBuffer()) : Buffer.from(value)
      return { name, isFile, data: bytes.toString('latin1') }
    }),
  )
}

export function bytewise(body: Buffer): readonly Buffer[] {
  return [...body.keys()].map((at) => body.subarray(at, at + 1))
}

/** The body cut at places that are taken modulo its length. */
export function cut(body: Buffer, places: readonly number[]): readonly Buffer[] {
  const cuts = [0, ...places.map((place) => place % (body.length + 1)).sort((a, b) => a - b), body.length]
  return cuts.slice(1).map((to, index) => body.subarray(cuts[index] ?? 0, to))
}

/** A form of these parts, with the offsets they have in it. */
export function formOf(boundary: string, contents: readonly Content[], opening = '', epilogue = '\r\n'): Form {
  let body = opening
  const starts = contents.map((content) => {
    const start = body.length
    body += `--${boundary}\r\n${headersOf(content)}\r\n\r\n${content.data}\r\n`
    return start
  })
  const ends = [...starts.slice(1), body.length]
  const parts = contents.map(({ name, filename, contentType, data }, index) => {
    return { name, filename, contentType, start: starts[index] ?? 0, data, end: ends[index] }
  })
  return { boundary, body: Buffer.from(`${body}--${boundary}--${epilogue}`, 'latin1'), parts }
}

export interface Content {
  readonly name: string
  readonly filename: string | undefined
  readonly contentType: string | undefined
  readonly data: string
}

function headersOf({ name, filename, contentType }: Content): string {
  const file = filename === undefined ? '' : `; filename="${filename}"`
  const type = contentType === undefined ? '' : `\r\nContent-Type: ${contentType}`
  return `Content-Disposition: form-data; name="${name}"${file}${type}`
}

const boundaries = fc.oneof(
  fc.stringMatching(/^[-aZ09_'()+,./:=?]{1,70}$/),
  fc.constantFrom('-', '--', 'a', '------WebKitFormBoundary7MA4YWxkTrZu0gW', '0123456789abcdef0123456789abcdef'),
)

/** Data of pieces of delimiters, so that nearly every chunk ends with the beginning of one. */
function dataWith(boundary: string, isBoundaryAllowed: boolean): fc.Arbitrary<string> {
  const delimiter = `\r\n--${boundary}`
  const piece = fc.oneof(
    fc.constantFrom('\r', '\n', '\r\n', '-', '--', '\r\n-', '\r\n--', '\n--', '\0', ' ', 'data'),
    fc.nat(delimiter.length).map((length) => delimiter.slice(0, length)),
    fc.nat(delimiter.length).map((from) => delimiter.slice(from)),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  )
  return fc
    .array(piece, { maxLength: 8 })
    .map((pieces) => pieces.join(''))
    .map((data) => (isBoundaryAllowed ? data : data.replaceAll(boundary, '')))
    .filter((data) => !`\r\n${data}\r\n`.includes(delimiter) && (isBoundaryAllowed || !data.includes(boundary)))
}

const contentWith = (data: fc.Arbitrary<string>, filenames: readonly string[]): fc.Arbitrary<Content> =>
  fc.record({
    name: fc.oneof(
      fc.constantFrom('image', 'image[]', 'mask', 'prompt', '_', 'a;b='),
      fc.stringMatching(/^[abc[\]; =:%.-]{1,12}$/),
    ),
    filename: fc.option(fc.oneof(fc.constantFrom(...filenames), fc.stringMatching(/^[ab;=%/.:]{1,12}$/)), {
      nil: undefined,
    }),
    contentType: fc.constantFrom(undefined, 'image/png', 'text/plain; charset=utf-8', ''),
    data,
  })

const FILENAMES = ['a.png', '../a', 'C:\\a b', '%22', 'a;b', '\\\\', '=', ';', "'"]

/** Any well-formed form; or such as Node reads too, which refuses the boundary's characters in data and escaped quotes. */
export const forms = (readers: 'for the tap' | 'for both' = 'for the tap'): fc.Arbitrary<Form> =>
  boundaries
    .filter((boundary) => readers === 'for the tap' || boundary.length > 4)
    .chain((boundary) =>
      fc
        .tuple(
          fc.array(
            readers === 'for the tap'
              ? contentWith(dataWith(boundary, true), [...FILENAMES, 'a\\"b'])
              : contentWith(dataWith(boundary, false), FILENAMES),
            { maxLength: 4 },
          ),
          fc.constantFrom('', '\r\n'),
          fc.constantFrom('\r\n', '\r\n', '', '  \r\n', '\r\n\r\n \t\r\n'),
        )
        .map(([contents, opening, epilogue]) => formOf(boundary, contents, opening, epilogue)),
    )
