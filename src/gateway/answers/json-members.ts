import { ClosingQuote, QUOTE } from '../requests/json-string.ts'
import { parsedJson } from './member-captures.ts'

const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const COMMA = 0x2c
const COLON = 0x3a

/** A member of an object, its value as it is written. */
export interface JsonMember {
  readonly name: string
  readonly value: Buffer
}

/**
 * The members of a JSON object, without parsing their values or copying them: an image is megabytes of base64. The bytes
 * are known to be a complete object; of others it finds what looks like members.
 */
export function* membersOf(json: Buffer): Generator<JsonMember, void> {
  let at = json.indexOf(OPEN_OBJECT) + 1
  for (;;) {
    const nameStart = json.indexOf(QUOTE, at)
    if (at === 0 || nameStart === -1) return
    const nameEnd = endOfString(json, nameStart)
    const colon = json.indexOf(COLON, nameEnd)
    if (colon === -1) return
    const end = endOfValue(json, colon + 1)
    const name = parsedJson(json.subarray(nameStart, nameEnd))
    if (typeof name === 'string') yield { name, value: trimmed(json.subarray(colon + 1, end)) }
    at = end
  }
}

/** Offset behind the closing quote of the string that opens at `start`. */
function endOfString(json: Buffer, start: number): number {
  const quote = new ClosingQuote().find(json, start + 1)
  return quote === -1 ? json.length : quote + 1
}

/** Offset of the comma or bracket that ends the value, from `start` on. */
function endOfValue(json: Buffer, start: number): number {
  let depth = 0
  for (let at = start; at < json.length; at++) {
    const byte = json[at] ?? 0
    const isClosing = byte === CLOSE_OBJECT || byte === CLOSE_ARRAY
    if (depth === 0 && (byte === COMMA || isClosing)) return at
    if (byte === QUOTE) at = endOfString(json, at) - 1
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++
    else if (isClosing) depth--
  }
  return json.length
}

function trimmed(bytes: Buffer): Buffer {
  const isSpace = (byte: number | undefined): boolean =>
    byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
  let [start, end] = [0, bytes.length]
  while (start < end && isSpace(bytes[start])) start++
  while (end > start && isSpace(bytes[end - 1])) end--
  return bytes.subarray(start, end)
}
