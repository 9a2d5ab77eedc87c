import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../../errors/gateway-error.ts'
import { jsonTypeOf } from '../../models/rules/check-parameters.ts'
import { BACKSLASH, ClosingQuote, QUOTE } from './json-string.ts'
import type { Changes } from './endpoint.ts'
import type { ParameterValues } from '../../models/rules/parameter-rules.ts'

declare global {
  interface JSON {
    /** A value that JSON.stringify writes as it is (ECMAScript, JSON.parse source text access; Node 22). */
    rawJSON(text: string): unknown
  }
}

/** Deeper than any parameter; far below what would exhaust the stack. */
const MAX_DEPTH = 64
/** Several times what all models take together; each unknown name costs a search for what was meant. */
const MAX_NAMES = 256
/** Members, elements and brackets of the whole body. */
const MAX_PARTS = 20_000
const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/**
 * Parses a JSON request body into its top-level members.
 * A name that is given twice is refused: parsers differ on which one counts, so what was checked here might not be
 * what the upstream does. So is an escape in a parameter's name: V8 (14.6, Node 26) has been seen to read such a name
 * as one that it met in an earlier body.
 * @throws GatewayError `invalid_json`
 */
export function parseJsonBody(body: unknown): ParameterValues {
  if (!Buffer.isBuffer(body) || body.length === 0) throw invalid('The request has no body. Send a JSON object.')
  if (!isUtf8(body)) throw invalid('The body is not valid UTF-8.')
  if (byteOrderMarkOf(body) > 0) throw invalid('The body begins with a byte order mark. Send the JSON without it.')
  const text = body.toString('utf8')
  // Before it is parsed: thirty megabytes of `{},{},` would hold up the process for seconds and fill its memory.
  const { members, depth, hasEscapedName, isTooLarge } = measure(body)
  if (depth > MAX_DEPTH) throw invalid(`The body is nested more than ${MAX_DEPTH} levels deep.`)
  if (isTooLarge) throw invalid(`The body has more than ${MAX_PARTS} members and elements.`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw invalid(`We could not parse the JSON body of your request: ${position(text, error)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`The body must be a JSON object, but it is ${withArticle(jsonTypeOf(value))}.`)
  }
  if (members !== countMembers(value))
    throw invalid('A name occurs twice in the same JSON object; each may occur once.')
  if (hasEscapedName)
    throw invalid('A parameter name is written with an escape (\\u0061). Write it in plain characters.')
  const parameters = new Map<string, unknown>(Object.entries(value))
  if (parameters.size > MAX_NAMES)
    throw invalid(`The body has ${parameters.size} members; at most ${MAX_NAMES} are allowed.`)
  return parameters
}

/**
 * The body without some members and with others set, every number digit for digit as it was received.
 * @param changes `drop`: top-level names to leave out; `model`: the value of `model`; `fill`: further members to set
 */
export function rewriteJsonBody(body: Buffer, { drop, model, fill = new Map() }: Changes): Buffer {
  const value: unknown = JSON.parse(
    body.toString('utf8'),
    (_key, member: unknown, { source }: { source?: string } = {}) =>
      typeof member === 'number' && source !== undefined ? JSON.rawJSON(source) : member,
  )
  const gone = new Set(['model', ...drop, ...fill.keys()])
  const kept = Object.entries(value as object).filter(([name]) => !gone.has(name))
  return Buffer.from(JSON.stringify(Object.fromEntries([['model', model], ...kept, ...fill])))
}

/** How many bytes of a byte order mark the body begins with: none or three. A parser may skip it (RFC 8259, 8.1). */
export function byteOrderMarkOf(body: Buffer): number {
  return body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
}

interface Measure {
  readonly members: number
  readonly depth: number
  /** A name at the top level is written with a backslash. */
  readonly hasEscapedName: boolean
  /** There are more parts than MAX_PARTS; the other figures are then those of the beginning. */
  readonly isTooLarge: boolean
}

/** Members (a colon each), parts and nesting of bytes that are meant to be JSON, strings skipped. */
function measure(body: Buffer): Measure {
  const closingQuote = new ClosingQuote()
  let parts = 0
  let hasEscapedName = false
  let stringStart = 0
  let stringEnd = 0
  let members = 0
  let depth = 0
  let deepest = 0
  for (let at = 0; at < body.length && parts <= MAX_PARTS && deepest <= MAX_DEPTH; at++) {
    switch (body[at] ?? 0) {
      case QUOTE:
        stringStart = at + 1
        stringEnd = closingQuote.find(body, stringStart)
        if (stringEnd === -1) stringEnd = body.length
        at = stringEnd
        break
      case 0x3a:
        members++
        parts++
        if (depth === 1 && body.subarray(stringStart, stringEnd).includes(BACKSLASH)) hasEscapedName = true
        break
      case 0x7b:
      case 0x5b:
        deepest = Math.max(deepest, ++depth)
        parts++
        break
      case 0x2c:
        parts++
        break
      case 0x7d:
      case 0x5d:
        depth--
        break
      default:
    }
  }
  return { members, depth: deepest, hasEscapedName, isTooLarge: parts > MAX_PARTS }
}

function countMembers(root: object): number {
  let members = 0
  const open: object[] = [root]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const inside: unknown[] = Object.values(value)
    if (!Array.isArray(value)) members += inside.length
    for (const member of inside) if (typeof member === 'object' && member !== null) open.push(member)
  }
  return members
}

/** The place at which the parser stopped, without the text around it: that may be a prompt, and errors may be stored. */
function position(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const offset = /(?:in JSON|JSON) at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message)?.[1]
  if (offset === undefined) return message.endsWith('end of JSON input') ? 'it ends too early.' : 'it is not JSON.'
  const before = text.slice(0, Number(offset)).split('\n')
  return `it stops making sense at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}.`
}

function withArticle(type: string): string {
  if (type === 'null') return type
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}

function invalid(message: string): GatewayError {
  return new GatewayError('invalid_json', message)
}
