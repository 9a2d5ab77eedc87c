/** Takes keys out of a text. */
export type Redact = (text: string) => string

/** So many characters of a key in a row are a part of it; fewer may be a coincidence. */
const PART_CHARACTERS = 8
const REDACTED = '[redacted]'
const ERROR_MEMBER = Buffer.from('"error"')
/** From its member `error` on, so much of an answer is searched for keys. */
const MAX_ERROR_BYTES = 16_384
/** Characters as they are written, and with each percent-encoded one counted as one. */
const WRITTEN = /[^]/g
const DECODED = /%[0-9a-f]{2}|[^]/gi

/**
 * Takes a key out of a text, also where the text has only a part of it, or has it in another case, percent-encoded,
 * in base64 or in hexadecimal: an upstream that repeats its key may have changed it on the way.
 */
export function keyRedactor(key: string): Redact {
  const parts = partsOf(key)
  const isPart = (letters: string, at: number): boolean => parts.has(letters.slice(at, at + PART_CHARACTERS))

  function hasPart(letters: string): boolean {
    for (let at = 0; at + PART_CHARACTERS <= letters.length; at++) if (isPart(letters, at)) return true
    return false
  }

  function withoutParts(text: string, character: RegExp): string {
    const letters = text.replaceAll(character, letterOf)
    if (!hasPart(letters)) return text
    let safe = ''
    let end = 0 // the end of the part that was taken out last
    for (const [at, written] of (text.match(character) ?? []).entries()) {
      if (isPart(letters, at)) {
        if (at >= end) safe += REDACTED
        end = at + PART_CHARACTERS
      }
      if (at >= end) safe += written
    }
    return safe
  }

  return function redact(text: string): string {
    const safe = hasPart(text.toLowerCase()) ? withoutParts(text, WRITTEN) : text
    return safe.includes('%') ? withoutParts(safe, DECODED) : safe
  }
}

/**
 * Takes keys out of the errors in the bytes of an answer: upstreams put one beside the images that it is not about. The
 * same bytes come back where there is nothing to take out.
 */
export function withoutKeysInErrors(bytes: Buffer, redact: Redact): Buffer {
  const at = indexOfError(bytes)
  if (at === -1) return bytes
  const end = Math.min(bytes.length, at + MAX_ERROR_BYTES)
  const text = bytes.toString('latin1', at, end)
  const safe = redact(text)
  if (safe === text) return bytes
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(safe, 'latin1'), bytes.subarray(end)])
}

/** Offset of the first member `error` that is not null; -1 where there is none. */
function indexOfError(bytes: Buffer): number {
  let at = bytes.indexOf(ERROR_MEMBER)
  while (at !== -1 && /^"error"\s*:\s*null/.test(bytes.toString('latin1', at, at + 24)))
    at = bytes.indexOf(ERROR_MEMBER, at + 1)
  return at
}

/** Every eight characters in a row of the key and of what encodes it, in lower case. */
function partsOf(key: string): ReadonlySet<string> {
  if (key.length < PART_CHARACTERS) return new Set()
  const encodings = [key, Buffer.from(key).toString('hex'), ...inBase64(key)].map(lowerCased)
  return new Set(
    encodings.flatMap((text) =>
      Array.from({ length: Math.max(0, text.length - PART_CHARACTERS + 1) }, (_, at) =>
        text.slice(at, at + PART_CHARACTERS),
      ),
    ),
  )
}

/** The base64 of the key alone, where it begins at the first, second or third byte of three (RFC 4648, 4 and 5). */
function inBase64(key: string): string[] {
  return [0, 1, 2].flatMap((bytesBefore) => {
    const bytes = Buffer.from('\0'.repeat(bytesBefore) + key)
    const [from, to] = [Math.ceil((bytesBefore * 8) / 6), Math.floor((bytes.length * 8) / 6)]
    return [bytes.toString('base64').slice(from, to), bytes.toString('base64url').slice(from, to)]
  })
}

/** The letter that a written character stands for, in lower case. */
function letterOf(written: string): string {
  return lowerCased(written.length === 1 ? written : String.fromCharCode(Number.parseInt(written.slice(1), 16)))
}

/** In lower case and of the same length: some capitals become two letters. */
function lowerCased(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length ? lower : text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
