/** Reads the body of an answer piece by piece, so that a test can go on when a certain text has come. */
export class StreamReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ''
  #seen = 0

  constructor({ body }: Response) {
    if (body === null) throw new TypeError('the answer has no body')
    this.#reader = body.getReader()
  }

  /** Reads until a text has come, behind all that was waited for before. @throws Error where the answer ends before */
  async until(text: string): Promise<void> {
    for (;;) {
      const at = this.#text.indexOf(text, this.#seen)
      if (at !== -1) return void (this.#seen = at + text.length)
      if (!(await this.#more())) throw new Error(`the answer ended before ${text.slice(0, 100)}`)
    }
  }

  /** Reads to the end, and gives all of the body. */
  async rest(): Promise<string> {
    while (await this.#more());
    return this.#text
  }

  /** Closes the connection, as a client does that has seen enough. */
  async leave(): Promise<void> {
    await this.#reader.cancel()
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#reader.read()
    this.#text += this.#decoder.decode(value, { stream: !done })
    return !done
  }
}
