import type { Redact } from './redaction.ts'

/** The headers of an answer that the gateway reads: checked, and without any part of the upstream key. */
export type AnswerHeaders = Readonly<Partial<Record<HeaderName, string>>>

/** Headers as undici gives them. */
export type ReceivedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

interface Shape {
  readonly pattern: RegExp
  /** The pattern leaves room for a part of the upstream key, so that the value must be redacted too. */
  readonly isOpen?: true
}

/** Media types that answers and pages of proxies have been seen with, and charsets that go with them. */
const MEDIA_TYPE = /^(?:application\/(?:json|octet-stream|xhtml\+xml)|text\/(?:json|plain|html|event-stream))/
const CHARSET = /(?: *; *charset="?(?:utf-?8|us-ascii|iso-8859-1|windows-1252|gbk|gb2312|gb18030|big5)"?)?/
/** Content codings (IANA, HTTP Content Coding Registry), one or several. */
const CODING = '(?:identity|gzip|x-gzip|deflate|br|zstd|compress|x-compress)'

/** An allow-list: any other header may name channels, set cookies, repeat the key or speak for the gateway. */
const SHAPES = {
  'content-type': { pattern: new RegExp(`${MEDIA_TYPE.source}${CHARSET.source}(?= *(?:[;,]|$))`, 'i') },
  'content-encoding': { pattern: new RegExp(`^${CODING}(?: *, *${CODING})*$`, 'i') },
  'content-length': { pattern: /^\d{1,15}$/ },
  'retry-after': { pattern: /^[\w ,:.+-]{1,64}$/, isOpen: true },
  'x-request-id': { pattern: /^[\w-]{1,128}$/, isOpen: true },
  'x-oneapi-request-id': { pattern: /^[\w-]{1,128}$/, isOpen: true },
  'openai-processing-ms': { pattern: /^\d{1,9}$/, isOpen: true },
  'openai-version': { pattern: /^\d{4}-\d{2}-\d{2}$/, isOpen: true },
} as const satisfies Record<string, Shape>

type HeaderName = keyof typeof SHAPES

const ENTRIES: readonly (readonly [HeaderName, Shape])[] = Object.entries(SHAPES) as [HeaderName, Shape][]

/** Reads an answer's headers. A value of another shape, or with a part of a key in it, is left out whole. */
export function readHeaders(received: ReceivedHeaders, redact: Redact): AnswerHeaders {
  const headers: Partial<Record<HeaderName, string>> = {}
  for (const [name, shape] of ENTRIES) {
    const value = received[name]
    if (value === undefined) continue
    const text = shape.pattern.exec((typeof value === 'string' ? value : (value[0] ?? '')).trim())?.[0]
    if (text !== undefined && (shape.isOpen !== true || redact(text) === text)) headers[name] = text
  }
  return headers
}
