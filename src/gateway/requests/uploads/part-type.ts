import type { ImageFormat } from '../images/image-format.ts'

/** Types under which images are sent and that OpenAI refuses, beside those that are no type of an image at all. */
const WRONG_NAMES: ReadonlySet<string> = new Set(['image/jpg', 'image/pjpeg', 'image/x-png'])
const TYPES: Readonly<Partial<Record<ImageFormat, string>>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
}

/**
 * The type that a file's part should have: OpenAI judges by it and not by the bytes, and many clients send
 * `application/octet-stream` or none. Undefined: the part has a type of an image, or its bytes are no known one.
 */
export function missingType(contentType: string | undefined, format: ImageFormat | undefined): string | undefined {
  const given = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (format === undefined || (given.startsWith('image/') && !WRONG_NAMES.has(given))) return undefined
  return TYPES[format]
}

/** The delimiter and the headers of a part, with another type. */
export function headWithType(boundary: string, lines: Buffer, type: string): Buffer {
  const others = lines
    .toString('latin1')
    .split('\r\n')
    .filter((line) => line !== '' && !/^content-type[ \t]*:/i.test(line))
  return Buffer.from([`--${boundary}`, ...others, `content-type: ${type}`, '', ''].join('\r\n'), 'latin1')
}
