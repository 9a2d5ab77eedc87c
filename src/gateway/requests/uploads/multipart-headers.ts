/**
 * A form that is malformed, or that two parsers could read differently. The message is a full sentence in plain words
 * for the client and never repeats what the form holds.
 */
export class MultipartError extends Error {
  override readonly name = 'MultipartError'
}

/** The headers of a part. */
export interface PartHead {
  readonly name: string
  /** As spelled in the header, escapes and all; undefined: a text field; empty: a file that was not chosen. */
  readonly filename: string | undefined
  readonly contentType: string | undefined
  /** Offset in the body of the delimiter (`--boundary`) that opens this part, in bytes. */
  readonly start: number
}

/** Limits of a form. */
export const MULTIPART_LIMITS = {
  parts: 128,
  /** Of one part, with the blank line after them. */
  headerBytes: 16_384,
  nameBytes: 256,
  /** White space after the closing delimiter. */
  epilogueBytes: 1024,
  boundaryBytes: 70,
} as const

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const HEADER_NAME = new RegExp(`^${TOKEN}$`)
/** One parameter with its semicolon: the name, then the value either as a token or quoted. Linear: no two ways to match. */
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")`, 'y')

/** RFC 2046 without the space: some parsers trim it. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=?-]+$/

/** Transfer encodings that leave the bytes as they are; others are decoded by some parsers and not by others. */
const PLAIN_ENCODINGS: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])
const READ_HEADERS: ReadonlySet<string> = new Set(['content-disposition', 'content-type', 'content-transfer-encoding'])
const DISPOSITION_PARAMETERS: ReadonlySet<string> = new Set(['name', 'filename', 'filename*'])
/** Escapes that browsers write and undo and others take literally (%22), or the reverse (a backslash). */
const AMBIGUOUS_IN_NAME = /\\|%(?:22|0a|0d)/i
/** RFC 8187; Go takes a part whose `filename*` it cannot decode for a text field. */
const EXTENDED_FILENAME = /^utf-8'[0-9a-z-]*'(?:[!#$&+.^_`|~0-9a-z-]|%[0-9a-f]{2})+$/i

const LEAVE_IT_TO_THE_LIBRARY =
  'Do not set the header yourself: the client library sets it, with the boundary, when it builds the form.'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The boundary parameter of a content-type header.
 * @throws MultipartError where the header is not of multipart/form-data with one valid boundary
 */
export function boundaryOf(contentType: string): string {
  const { value, parameters } = parsed(contentType, 'The Content-Type header', LEAVE_IT_TO_THE_LIBRARY)
  if (value !== 'multipart/form-data') {
    throw new MultipartError('The Content-Type header must be multipart/form-data.')
  }
  const boundary = parameters.get('boundary')
  if (boundary === undefined || boundary === '') {
    throw new MultipartError(`The Content-Type header has no boundary. ${LEAVE_IT_TO_THE_LIBRARY}`)
  }
  if (boundary.length > MULTIPART_LIMITS.boundaryBytes) {
    throw new MultipartError(
      `The boundary in the Content-Type header is longer than ${MULTIPART_LIMITS.boundaryBytes} characters.`,
    )
  }
  if (!BOUNDARY.test(boundary)) {
    throw new MultipartError('The boundary in the Content-Type header has a character that is not allowed there.')
  }
  return boundary
}

/**
 * Reads the headers of a part.
 * @param block the header lines, each with its CRLF; without other control characters
 * @param part the number of the part, from 1, for the messages
 * @param start the offset of the part in the body, in bytes
 * @throws MultipartError
 */
export function partHead(block: Buffer, part: number, start: number): PartHead {
  const headers = headersOf(block, part)
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase()
  if (encoding !== undefined && !PLAIN_ENCODINGS.has(encoding)) {
    throw new MultipartError(`Part ${part} of the form has a Content-Transfer-Encoding: send the bytes as they are.`)
  }
  const contentType = headers.get('content-type')
  if (contentType?.toLowerCase().startsWith('multipart/')) {
    throw new MultipartError(
      `Part ${part} of the form is a multipart message itself: send each file as a part of its own.`,
    )
  }
  return { ...nameAndFile(headers.get('content-disposition'), part), contentType, start }
}

/** The headers of interest by lower-case name. Decoded as Latin-1, in which a character is a byte. */
function headersOf(block: Buffer, part: number): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const line of block.toString('latin1').split('\r\n').slice(0, -1)) {
    if (line.startsWith(' ')) {
      throw new MultipartError(`Part ${part} of the form has a header that goes over several lines.`)
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase()
    if (!HEADER_NAME.test(name)) throw new MultipartError(`Part ${part} of the form has a malformed header line.`)
    if (!READ_HEADERS.has(name)) continue
    if (headers.has(name)) throw new MultipartError(`Part ${part} of the form has two ${name} headers.`)
    headers.set(name, withoutSpaces(line.slice(colon + 1)))
  }
  return headers
}

function nameAndFile(disposition: string | undefined, part: number): Pick<PartHead, 'name' | 'filename'> {
  if (disposition === undefined) {
    throw new MultipartError(`Part ${part} of the form has no Content-Disposition header.`)
  }
  const header = `The Content-Disposition header of part ${part} of the form`
  const { value, parameters } = parsed(disposition, header)
  if (value !== 'form-data') throw new MultipartError(`${header} must be form-data.`)
  for (const parameter of parameters.keys()) {
    // Among the others are `name*` and `filename*0`, which some parsers read as name and filename.
    if (!DISPOSITION_PARAMETERS.has(parameter)) {
      throw new MultipartError(`${header} has a parameter other than name, filename and filename*.`)
    }
  }
  return { name: fieldName(parameters.get('name'), header), filename: fileName(parameters, header) }
}

function fieldName(spelled: string | undefined, header: string): string {
  if (spelled === undefined) throw new MultipartError(`${header} has no name parameter.`)
  if (spelled === '') throw new MultipartError(`${header} has an empty name.`)
  if (spelled.length > MULTIPART_LIMITS.nameBytes) {
    throw new MultipartError(`${header} has a name of more than ${MULTIPART_LIMITS.nameBytes} bytes.`)
  }
  if (AMBIGUOUS_IN_NAME.test(spelled)) {
    throw new MultipartError(
      `${header} has a name with a quote, line break or backslash, which parsers read differently.`,
    )
  }
  try {
    return utf8.decode(Buffer.from(spelled, 'latin1'))
  } catch {
    throw new MultipartError(`${header} has a name that is not valid UTF-8.`)
  }
}

function fileName(parameters: ReadonlyMap<string, string>, header: string): string | undefined {
  const filename = parameters.get('filename')
  const extended = parameters.get('filename*')
  if (filename !== undefined && isReadDifferently(filename)) {
    throw new MultipartError(`${header} has a filename with a quote and a ";" or "=", which parsers read differently.`)
  }
  if (extended !== undefined && !EXTENDED_FILENAME.test(extended)) {
    throw new MultipartError(`${header} has a malformed filename*: use filename.`)
  }
  const spelled = filename ?? extended
  return spelled === undefined ? undefined : Buffer.from(spelled, 'latin1').toString('utf8')
}

/** To a parser without backslash escapes the filename ends at the `\"`, and what follows can be another parameter. */
function isReadDifferently(filename: string): boolean {
  const quote = filename.indexOf('\\"')
  return quote !== -1 && (filename.includes(';', quote) || filename.includes('=', quote))
}

/** A header value in lower case and its parameters: lower-case name → value as spelled, without the quotes around it. */
function parsed(
  header: string,
  what: string,
  advice = 'It has to read like: form-data; name="image"; filename="image.png".',
): { value: string; parameters: ReadonlyMap<string, string> } {
  const semicolon = header.indexOf(';')
  let at = semicolon === -1 ? header.length : semicolon
  const value = withoutSpaces(header.slice(0, at)).toLowerCase()
  const parameters = new Map<string, string>()
  while (at < header.length) {
    PARAMETER.lastIndex = at
    const match = PARAMETER.exec(header)
    if (match === null) throw new MultipartError(`${what} is malformed. ${advice}`)
    const name = (match[1] ?? '').toLowerCase()
    if (parameters.has(name)) throw new MultipartError(`${what} has the same parameter twice.`)
    parameters.set(name, match[2] ?? match[3] ?? '')
    at = PARAMETER.lastIndex
  }
  return { value, parameters }
}

/** Not `trim()`, which takes the byte 0xa0 for a space; not a pattern, which takes quadratic time. */
function withoutSpaces(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && text[from] === ' ') from++
  while (to > from && text[to - 1] === ' ') to--
  return text.slice(from, to)
}
