/** Ways in which an upstream may repeat a key that it was sent. */
export const SPELLINGS: ReadonlyMap<string, (key: string) => string> = new Map<string, (key: string) => string>([
  ['whole', (key) => key],
  ['without its prefix', (key) => key.replace(/^sk-/, '')],
  ['its first half', (key) => key.slice(0, key.length / 2)],
  ['its second half', (key) => key.slice(key.length / 2)],
  ['eight characters of it', (key) => key.slice(11, 19)],
  ['in capitals', (key) => key.toUpperCase()],
  ['in small letters', (key) => key.toLowerCase()],
  ['inside of other words', (key) => `id-${key}-1`],
  ['twice', (key) => `${key}-${key}`],
  ['in base64', (key) => Buffer.from(key).toString('base64')],
  ['in base64 for URLs', (key) => Buffer.from(key).toString('base64url')],
  ['in base64 after one letter', (key) => Buffer.from(`:${key}`).toString('base64url')],
  ['in base64 after two letters', (key) => Buffer.from(`a:${key}`).toString('base64url')],
  ['in hexadecimal', (key) => Buffer.from(key).toString('hex')],
  ['percent-encoded', (key) => Buffer.from(key).toString('hex').replaceAll(/../g, '%$&')],
  ['percent-encoded here and there', (key) => key.replaceAll(/[-aeiou0-4]/g, percentEncoded)],
])

function percentEncoded(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
}

/** Eight characters of the key in a row, or of what encodes it, that stand in a text; undefined where none do. */
export function leakOf(key: string, text: string): string | undefined {
  const decoded = text.replaceAll(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
  const places = [text.toLowerCase(), decoded.toLowerCase()]
  return encodings(key)
    .flatMap((encoded) => Array.from({ length: Math.max(0, encoded.length - 7) }, (_, at) => encoded.slice(at, at + 8)))
    .find((part) => places.some((place) => place.includes(part)))
}

/** The key, and what encodes nothing but the key, wherever it stands in the encoded text. */
function encodings(key: string): string[] {
  const base64 = ['', ':', 'a:'].flatMap((before) => {
    const bytes = Buffer.from(`${before}${key}`)
    return [bytes.toString('base64').slice(3, -4), bytes.toString('base64url').slice(3, -2)]
  })
  return [key, ...base64, Buffer.from(key).toString('hex')].map((text) => text.toLowerCase())
}
