import { describe, expect, it } from 'vitest'
import { MULTIPART_LIMITS, MultipartError } from '../../../../src/gateway/requests/uploads/multipart-headers.ts'
import { MultipartTap } from '../../../../src/gateway/requests/uploads/multipart-tap.ts'
import type { PartVisitor } from '../../../../src/gateway/requests/uploads/multipart-tap.ts'
import { bytewise, formOf, outcome, partsIn } from './forms.ts'

const B = 'XXXX-boundary'
const IMAGE = 'Content-Disposition: form-data; name="image"; filename="a.png"'
const IGNORE: PartVisitor = { partBegan: () => {}, partData: () => {}, partEnded: () => {} }

/** A form of one part with these header lines. */
const formWith = (headers: string, data = 'data'): string => `--${B}\r\n${headers}\r\n\r\n${data}\r\n--${B}--\r\n`
const read = (body: string): ReturnType<typeof outcome> => outcome([Buffer.from(body, 'latin1')], B)
const disposition = (parameters: string): string => formWith(`Content-Disposition: form-data${parameters}`)

const DISPOSITION = 'The Content-Disposition header of part 1 of the form'
const READ_DIFFERENTLY = 'which parsers read differently'

/** Defect → the form, and words of the message. */
const REFUSED: Readonly<Record<string, readonly [body: string, words: string]>> = {
  'nothing at all': ['', 'The body is empty.'],
  'JSON instead of a form': ['{"prompt":"x"}', 'does not begin with the boundary'],
  'a preamble': [`preamble\r\n${formWith(IMAGE)}`, 'does not begin with the boundary'],
  'two empty lines at the beginning': [`\r\n\r\n${formWith(IMAGE)}`, 'does not begin with the boundary'],
  'another boundary': [formWith(IMAGE).replaceAll(B, 'XXXX'), 'does not begin with the boundary'],
  'LF only': [formWith(IMAGE).replaceAll('\r\n', '\n'), 'followed by something else than a CRLF'],
  'LF only in the headers': [formWith(`${IMAGE}\nContent-Type: image/png`), 'does not end with CRLF'],
  'CR only in the headers': [formWith(`${IMAGE}\rContent-Type: image/png`), 'does not end with CRLF'],
  'spaces after a delimiter': [formWith(IMAGE).replace('\r\n', ' \r\n'), 'followed by something else than a CRLF'],
  'a longer boundary in the data': [formWith(IMAGE, `\r\n--${B}X`), 'followed by something else than a CRLF'],
  'half of a closing delimiter in the data': [formWith(IMAGE, `\r\n--${B}-x`), 'followed by something else'],
  'a closing delimiter of CR and dash': [`--${B}\r-`, 'followed by something else'],
  'data that begins with the boundary': [
    formWith(IMAGE, `--${B}`),
    'data of part 1 of the form begins with the boundary',
  ],
  'an empty part without its line end': [`--${B}\r\n${IMAGE}\r\n\r\n--${B}--\r\n`, 'begins with the boundary'],
  'no closing delimiter': [formWith(IMAGE).replace(`--${B}--\r\n`, ''), 'ends too early'],
  'no part after a delimiter': [`--${B}\r\n`, 'ends too early'],
  'an end within the headers': [`--${B}\r\n${IMAGE}\r\n`, 'ends too early'],
  'an end within the closing delimiter': [formWith(IMAGE).slice(0, -3), 'ends too early'],
  'an end within the last line end': [formWith(IMAGE).slice(0, -1), 'ends too early'],
  'an epilogue': [`${formWith(IMAGE)}epilogue`, 'Something follows the closing delimiter'],
  'a second form after the first': [formWith(IMAGE) + formWith(IMAGE), 'Something follows the closing delimiter'],
  'a line end of LF after the closing delimiter': [`${formWith(IMAGE)}\n`, 'Something follows'],
  'an endless epilogue': [formWith(IMAGE) + ' '.repeat(MULTIPART_LIMITS.epilogueBytes), 'Something follows'],

  'no headers': [`--${B}\r\n\r\ndata\r\n--${B}--`, 'Part 1 of the form has no Content-Disposition'],
  'only other headers': [formWith('Content-Type: image/png'), 'Part 1 of the form has no Content-Disposition'],
  'a header without colon': [formWith(`${IMAGE}\r\nContent-Type`), 'malformed header line'],
  'a header without name': [formWith(`${IMAGE}\r\n: x`), 'malformed header line'],
  'a space before the colon': [formWith(IMAGE.replace(':', ' :')), 'malformed header line'],
  'a folded header': [formWith(IMAGE.replace('; f', ';\r\n f')), 'goes over several lines'],
  'a folded header before all others': [formWith(` ${IMAGE}`), 'goes over several lines'],
  'a NUL in a header': [formWith(IMAGE.replace('a.png', 'a\0.png')), 'control character'],
  'a tab in a header': [formWith(IMAGE.replace('; ', ';\t')), 'control character'],
  'a DEL in a header': [formWith(IMAGE.replace('a.png', '\u007f')), 'control character'],
  'two dispositions': [formWith(`${IMAGE}\r\n${IMAGE.replace('image', 'mask')}`), 'two content-disposition headers'],
  'two content types': [formWith(`${IMAGE}\r\nContent-Type: a/b\r\ncontent-type: a/b`), 'two content-type headers'],
  'two transfer encodings': [
    formWith(`${IMAGE}\r\nContent-Transfer-Encoding: binary\r\nContent-Transfer-Encoding: base64`),
    'two content-transfer-encoding headers',
  ],
  base64: [formWith(`${IMAGE}\r\nContent-Transfer-Encoding: BASE64`), 'send the bytes as they are'],
  'quoted-printable': [
    formWith(`${IMAGE}\r\ncontent-transfer-encoding: quoted-printable`),
    'send the bytes as they are',
  ],
  'a nested form': [formWith(`${IMAGE}\r\nContent-Type: Multipart/Mixed; boundary=b`), 'a multipart message itself'],

  'an attachment': [formWith('Content-Disposition: attachment; name="image"'), `${DISPOSITION} must be form-data.`],
  'no name': [disposition(''), `${DISPOSITION} has no name`],
  'a file without name': [disposition('; filename="a"'), `${DISPOSITION} has no name`],
  'an empty name': [disposition('; name=""'), `${DISPOSITION} has an empty name.`],
  'an empty name without quotes': [disposition('; name='), 'malformed'],
  'two names': [disposition('; name="image"; NAME="mask"'), 'the same parameter twice'],
  'two file names': [disposition('; name="image"; filename="a"; filename="a"'), 'the same parameter twice'],
  'a name that is not UTF-8': [disposition('; name="\u00ff"'), `${DISPOSITION} has a name that is not valid UTF-8.`],
  'a long name': [disposition(`; name="${'x'.repeat(257)}"`), `${DISPOSITION} has a name of more than 256 bytes.`],
  'a quote in a name': [disposition('; name="a\\"b"'), READ_DIFFERENTLY],
  'an encoded quote in a name': [disposition('; name="a%22b"'), READ_DIFFERENTLY],
  'an encoded line end in a name': [disposition('; name="a%0d%0ab"'), READ_DIFFERENTLY],
  'a backslash in a name': [disposition('; name="a\\b"'), READ_DIFFERENTLY],
  'an open quote': [disposition('; name="image'), 'malformed'],
  'characters after a quote': [disposition('; name="image"x'), 'malformed'],
  'a semicolon at the end': [disposition('; name="image";'), 'malformed'],
  'no semicolon between parameters': [disposition('; name="image" filename="a"'), 'malformed'],
  'spaces around the equals sign': [disposition('; name = "image"'), 'malformed'],
  'a parameter without value': [disposition('; name'), 'malformed'],
  'a name in single quotes': [disposition("; name='a b'"), 'malformed'],
  'a no-break space at the end': [disposition('; name="image"\u00a0'), 'malformed'],
  'an encoded name': [disposition("; name*=utf-8''image"), 'other than name, filename and filename*'],
  'two names, one of them encoded': [disposition(`; name="a"; name*=utf-8''b`), 'other than name'],
  'a file name in pieces': [disposition('; name="a"; filename*0="b"; filename*1="c"'), 'other than name'],
  'an empty file name': [disposition('; name="image"; filename=""'), 'has an empty filename'],
  'an empty encoded file name': [disposition(`; name="image"; filename*=utf-8''`), 'malformed filename*'],
  'a file name in another charset': [disposition(`; name="a"; filename*=latin1''b`), 'malformed filename*'],
  'a file name with half an escape': [disposition(`; name="a"; filename*=utf-8''b%4`), 'malformed filename*'],
  'a file name that hides a parameter': [disposition('; name="a"; filename="b\\"; name=\\"c"'), READ_DIFFERENTLY],
  'a file name with a quote before a semicolon': [disposition('; name="a"; filename="b\\"; c"'), READ_DIFFERENTLY],
  'a file name with a quote before an equals sign': [disposition('; name="a"; filename="b\\" c=d"'), READ_DIFFERENTLY],
  'a file name that ends with a backslash': [disposition('; name="a"; filename="b\\"'), 'malformed'],
  'a file name with a line end': [disposition('; name="a"; filename="b\r\nX: c"'), 'malformed'],
}

describe('a form is refused with a sentence for the client', () => {
  it.each(Object.entries(REFUSED))('where it has %s', (_, [body, words]) => {
    const message = read(body)
    expect(message).toMatch(/^MultipartError: .*[.]$/)
    expect(message).toContain(words)
    expect(outcome(bytewise(Buffer.from(body, 'latin1')), B)).toBe(message)
  })

  it('where it has a million parts, after the first 128', () => {
    let began = 0
    const tap = new MultipartTap(B, { ...IGNORE, partBegan: () => void began++ })
    const part = Buffer.from(`--${B}\r\n${IMAGE}\r\n\r\n\r\n`)
    const write = (): void => {
      for (let parts = 0; parts < 1_000_000; parts++) tap.write(part)
    }
    expect(write).toThrow(new MultipartError('The form has more than 128 parts.'))
    expect(began).toBe(128)
  })

  it('where a part has a megabyte of headers, after the first 16 KiB', () => {
    let written = 0
    const tap = new MultipartTap(B, IGNORE)
    tap.write(Buffer.from(`--${B}\r\n`))
    const write = (): void => {
      for (; written < 1_000_000; written += 8) tap.write(Buffer.from('X-A: b\r\n'))
    }
    expect(write).toThrow('Part 1 of the form has more than 16 KiB of headers.')
    expect(written).toBe(16_384)
  })

  it('and stays refused, whatever follows', () => {
    const tap = new MultipartTap(B, IGNORE)
    expect(() => tap.write(Buffer.from('x'))).toThrow(MultipartError)
    expect(() => tap.write(Buffer.from(formWith(IMAGE)))).toThrow(MultipartError)
    expect(() => tap.end()).toThrow(MultipartError)
  })
})

/** Seeming defect → the form, and name, file name and data of its parts. */
const ACCEPTED: Readonly<
  Record<string, readonly [body: string, ...parts: (readonly [string, string | undefined, string])[]]>
> = {
  'no parts': [`--${B}--\r\n`],
  'one CRLF at the beginning': [`\r\n${formWith(IMAGE)}`, ['image', 'a.png', 'data']],
  'no line end at the end': [formWith(IMAGE).slice(0, -2), ['image', 'a.png', 'data']],
  'white space at the end': [`${formWith(IMAGE)} \t\r\n\r\n`, ['image', 'a.png', 'data']],
  'empty data': [formWith(IMAGE, ''), ['image', 'a.png', '']],
  'data of line ends': [formWith(IMAGE, '\r\n\r\n\r\r\n'), ['image', 'a.png', '\r\n\r\n\r\r\n']],
  'the boundary within a line of the data': [formWith(IMAGE, `x--${B}--`), ['image', 'a.png', `x--${B}--`]],
  'the boundary after a LF': [formWith(IMAGE, `\n--${B}\n`), ['image', 'a.png', `\n--${B}\n`]],
  'the boundary without dashes': [formWith(IMAGE, `\r\n${B}\r\n`), ['image', 'a.png', `\r\n${B}\r\n`]],
  'names of headers in capitals': [formWith(IMAGE.toUpperCase()), ['IMAGE', 'A.PNG', 'data']],
  'no space after colon and semicolons': [formWith(IMAGE.replaceAll(' ', '')), ['image', 'a.png', 'data']],
  'no quotes': [disposition('; name=image; filename=a.png'), ['image', 'a.png', 'data']],
  'an array name': [disposition('; name="image[]"'), ['image[]', undefined, 'data']],
  'a name like parameters': [disposition('; name="a; filename=b"'), ['a; filename=b', undefined, 'data']],
  'a name that is not ASCII': [disposition('; name="\u00e5\u009b\u00be"'), ['图', undefined, 'data']],
  'a name with a byte order mark': [disposition('; name="\u00ef\u00bb\u00bfa"'), ['\ufeffa', undefined, 'data']],
  'other headers': [formWith(`${IMAGE}\r\nX-Any: "; name="x\r\nContent-Length: 9`), ['image', 'a.png', 'data']],
  'binary encoding': [formWith(`${IMAGE}\r\nContent-Transfer-Encoding: BINARY`), ['image', 'a.png', 'data']],
  'a file name with ../': [disposition('; name="a"; filename="../../etc/x"'), ['a', '../../etc/x', 'data']],
  'a file name of a Windows path': [disposition('; name="a"; filename="C:\\b\\c.png"'), ['a', 'C:\\b\\c.png', 'data']],
  'a file name with a quote': [disposition('; name="a"; filename="b\\"c.png"'), ['a', 'b\\"c.png', 'data']],
  'a file name with an encoded quote': [disposition('; name="a"; filename="b%22.png"'), ['a', 'b%22.png', 'data']],
  'a file name like parameters': [disposition('; name="a"; filename="; name=b"'), ['a', '; name=b', 'data']],
  'a file name before the name': [disposition('; filename="x"; name="a"'), ['a', 'x', 'data']],
  'an encoded file name': [disposition("; name=a; filename*=UTF-8'en'b%20c"), ['a', "UTF-8'en'b%20c", 'data']],
  'a file name in both ways': [disposition("; name=a; filename=b; filename*=utf-8''c"), ['a', 'b', 'data']],
}

describe('a form is read', () => {
  it.each(Object.entries(ACCEPTED))('where it has %s', (_, [body, ...expected]) => {
    const parts = partsIn([Buffer.from(body, 'latin1')], B)
    expect(parts.map(({ name, filename, data }) => [name, filename, data])).toEqual(expected)
  })

  it('with as many parts and headers as there may be', () => {
    const contents = Array.from({ length: 128 }, (_, index) => {
      return { name: `part${index}`, filename: 'a', contentType: 'image/png', data: `${index}` }
    })
    const { body, parts } = formOf(B, contents)
    expect(partsIn([body], B)).toEqual(parts)

    const filling = 'x'.repeat(MULTIPART_LIMITS.headerBytes - `${IMAGE}\r\nX: \r\n\r\n`.length)
    expect(partsIn([Buffer.from(formWith(`${IMAGE}\r\nX: ${filling}`))], B)).toHaveLength(1)
    expect(read(formWith(`${IMAGE}\r\nX: ${filling}x`))).toContain('more than 16 KiB of headers')
  })

  it('in slices of what was written, not in copies', () => {
    const body = Buffer.from(formWith(IMAGE, 'x'.repeat(100_000)))
    const slices: Buffer[] = []
    const tap = new MultipartTap(B, { ...IGNORE, partData: (chunk) => void slices.push(chunk) })
    for (let at = 0; at < body.length; at += 1024) tap.write(body.subarray(at, at + 1024))
    tap.end()
    expect(Buffer.concat(slices).toString()).toBe('x'.repeat(100_000))
    expect(slices.every((slice) => slice.buffer === body.buffer)).toBe(true)
  })

  it('up to what the visitor throws', () => {
    const visitor: PartVisitor = {
      ...IGNORE,
      partBegan: () => {
        throw new RangeError('enough')
      },
    }
    const tap = new MultipartTap(B, visitor)
    expect(() => tap.write(Buffer.from(formWith(IMAGE)))).toThrow(RangeError)
    expect(() => tap.end()).toThrow(RangeError)
  })
})
