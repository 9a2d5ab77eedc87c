const BACKSLASH = 0x5c
const LETTER_U = 0x75
/** `\u002f` */
const LONGEST_ESCAPE = 6
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([^]))/g
/** What a letter behind a backslash stands for; every other character stands for itself. */
const CONTROLS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * Undoes JSON's escapes in the inside of a string, in passing, whatever the chunking. For ASCII, which is all that stands
 * in a URL: of another character that is escaped, something remains that is not ASCII either.
 */
export class JsonUnescape {
  /** The beginning of an escape that goes on in the next piece. */
  #rest: Buffer = Buffer.alloc(0)

  write(piece: Buffer): Buffer {
    const all = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    if (!all.includes(BACKSLASH)) {
      this.#rest = Buffer.alloc(0)
      return all
    }
    const end = wholeEscapes(all)
    this.#rest = Buffer.from(all.subarray(end))
    return Buffer.from(all.toString('latin1', 0, end).replaceAll(ESCAPE, unescaped), 'latin1')
  }
}

function unescaped(_escape: string, hex: string | undefined, letter: string | undefined): string {
  if (hex === undefined) return CONTROLS[letter ?? ''] ?? letter ?? ''
  const code = Number.parseInt(hex, 16)
  return code < 0x80 ? String.fromCharCode(code) : '\u00ff'
}

/** Where the last escape begins, if it may go on behind the end; else the end. */
function wholeEscapes(bytes: Buffer): number {
  const from = Math.max(0, bytes.length - LONGEST_ESCAPE + 1)
  // Which of several backslashes in a row begins an escape depends on how many there are.
  let run = from
  while (run > 0 && bytes[run - 1] === BACKSLASH) run--
  for (let at = bytes.indexOf(BACKSLASH, run); at !== -1; at = bytes.indexOf(BACKSLASH, at)) {
    const length = bytes[at + 1] === LETTER_U ? LONGEST_ESCAPE : 2
    if (at + length > bytes.length) return at
    at += length
  }
  return bytes.length
}
