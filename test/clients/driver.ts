import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** One call of a client. */
export interface Task {
  readonly call: 'generate' | 'edit' | 'stream'
  readonly model: string
  readonly prompt: string
  /** Parameters beside model and prompt, in the API's names. */
  readonly fields?: Readonly<Record<string, string | number>>
  /** Path of the picture to edit. */
  readonly image?: string
  /** After this time the client gives an attempt up; otherwise its own default holds. */
  readonly timeoutMs?: number
  /** Attempts after the first one; otherwise the client's own default holds. */
  readonly retries?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** The result of a call, as the client's user has it. */
export interface Outcome {
  /** Pictures in base64. */
  readonly images?: readonly string[]
  /** Partial pictures of a stream. */
  readonly partials?: number
  /** The error as the client raises it; `status` where it shows one. */
  readonly error?: { readonly status?: number | null; readonly message: string }
}

/** Longer than any client's waiting between its attempts. */
const PATIENCE_MS = 90_000

/** A program around one client that reads a task a line, and prints an outcome a line. */
export class Driver {
  readonly #child
  readonly #lines
  #stderr = ''

  constructor([program = '', ...args]: readonly string[], environment: Readonly<Record<string, string>>) {
    this.#child = spawn(program, args, { env: { PATH: process.env['PATH'], ...environment } })
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    this.#child.stdin.on('error', () => {})
    this.#child.on('error', () => {})
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    process.once('exit', this.#kill)
  }

  /** @throws Error where the program ends or says nothing */
  async run(task: Task): Promise<Outcome> {
    this.#child.stdin.write(`${JSON.stringify(task)}\n`)
    const timer = setTimeout(this.#kill, PATIENCE_MS)
    try {
      return await this.#outcome()
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    this.#child.stdin.end()
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#kill()
      await once(this.#child, 'close')
    }
    process.off('exit', this.#kill)
  }

  /** Libraries that print something of their own are passed over. */
  async #outcome(): Promise<Outcome> {
    for (;;) {
      const { done, value } = await this.#lines.next()
      if (done === true) throw new Error(`the driver ended: ${this.#stderr.slice(-2000)}`)
      if (value.startsWith('outcome ')) return JSON.parse(value.slice('outcome '.length)) as Outcome
    }
  }

  readonly #kill = (): void => void this.#child.kill('SIGKILL')
}
