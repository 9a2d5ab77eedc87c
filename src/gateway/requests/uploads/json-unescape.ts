const BACKSLASH = 0x5c
const LETTER_U = 0x75
/** `\u002f` */
const LONGEST_ESCAPE = 6
/** Letter behind a backslash → the character that it stands for: b, f, n, r, t. Every other character stands for itself. */
const CONTROLS: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
])
/** Stands for a character that is not ASCII. */
const OTHER = 0xff

/**
 * Undoes JSON's escapes in the inside of a string, in passing, whatever the chunking. For ASCII, which is all that stands
 * in a URL: of another character that is escaped, one byte remains that is not ASCII either.
 */
export class JsonUnescape {
  /** The beginning of an escape that goes on in the next piece. */
  #rest: Buffer = Buffer.alloc(0)

  write(piece: Buffer): Buffer {
    const all = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    this.#rest = Buffer.alloc(0)
    if (!all.includes(BACKSLASH)) return all
    // Byte for byte: a pattern takes fifty times as long where there are many escapes.
    const out = Buffer.allocUnsafe(all.length)
    let length = 0
    for (let at = 0; at < all.length;) {
      const byte = all[at] ?? 0
      if (byte !== BACKSLASH) {
        out[length++] = byte
        at++
        continue
      }
      const letter = all[at + 1] ?? 0
      const end = at + (letter === LETTER_U ? LONGEST_ESCAPE : 2)
      if (end > all.length) {
        this.#rest = Buffer.from(all.subarray(at))
        break
      }
      out[length++] = letter === LETTER_U ? asciiOf(all, at + 2) : (CONTROLS.get(letter) ?? letter)
      at = end
    }
    return out.subarray(0, length)
  }
}

/** Four hexadecimal digits. */
function asciiOf(bytes: Buffer, at: number): number {
  const isAscii = bytes[at] === 0x30 && bytes[at + 1] === 0x30
  const code = isAscii ? Number.parseInt(bytes.toString('latin1', at + 2, at + 4), 16) : OTHER
  return code < 0x80 ? code : OTHER
}
