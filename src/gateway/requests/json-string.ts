export const QUOTE = 0x22
export const BACKSLASH = 0x5c

/**
 * Finds the closing quote of a JSON string that comes in chunks, with one `indexOf` a chunk where nothing is escaped. A
 * quote counts where an even number of backslashes stands before it, in this chunk and the one before.
 */
export class ClosingQuote {
  /** The chunk before ended with a backslash that escapes the next byte. */
  #isEscaped = false

  /** @returns the offset of the quote at or after `from`; -1: the string goes on in the next chunk */
  find(chunk: Buffer, from: number): number {
    let at = this.#isEscaped ? from + 1 : from
    this.#isEscaped = false
    for (;;) {
      const quote = chunk.indexOf(QUOTE, at)
      const end = quote === -1 ? chunk.length : quote
      let backslash = end
      while (backslash > at && chunk[backslash - 1] === BACKSLASH) backslash--
      const isEscaped = (end - backslash) % 2 === 1
      if (quote === -1) {
        this.#isEscaped = isEscaped
        return -1
      }
      if (!isEscaped) return quote
      at = quote + 1
    }
  }
}
