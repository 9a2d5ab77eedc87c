import type { AnswerHeaders } from '../../../src/upstream/answer-headers.ts'
import type { AnswerReceiver } from '../../../src/upstream/upstream.ts'

const JSON_HEADERS = { 'content-type': 'application/json' }

/** One request upstream, answered as a test says: step by step, in this process. */
export class PretendedCall {
  readonly receiver: AnswerReceiver
  isPaused = false
  abortedWith: Error | undefined

  constructor(receiver: AnswerReceiver) {
    this.receiver = receiver
  }

  /** The request has a connection. */
  connects(): this {
    this.receiver.sending({
      pause: () => void (this.isPaused = true),
      resume: () => void (this.isPaused = false),
      abort: (error) => {
        this.abortedWith = error
        this.receiver.abort(error)
      },
    })
    return this
  }

  begins(status = 200, headers: AnswerHeaders = JSON_HEADERS): this {
    this.receiver.begin(status, headers)
    return this
  }

  sends(...pieces: readonly (string | Buffer)[]): this {
    for (const piece of pieces) this.receiver.write(Buffer.from(piece))
    return this
  }

  ends(): this {
    this.receiver.end()
    return this
  }

  breaks(error: Error = new Error('reset')): this {
    this.receiver.abort(error)
    return this
  }

  /** A whole answer. */
  answers(body: string, status = 200): this {
    return this.connects().begins(status).sends(body).ends()
  }
}

/** Requests upstream, in their order. */
export class PretendedUpstream {
  readonly calls: PretendedCall[] = []

  send(receiver: AnswerReceiver): void {
    this.calls.push(new PretendedCall(receiver))
  }

  /** The request that was sent last. */
  get last(): PretendedCall {
    const call = this.calls.at(-1)
    if (call === undefined) throw new Error('nothing was sent')
    return call
  }
}

/** An answer with one image of so many bytes of base64. */
export function image(bytes = 8): string {
  return JSON.stringify({
    created: 1,
    data: [{ b64_json: 'A'.repeat(bytes) }],
    usage: { input_tokens: 3, output_tokens: 4 },
  })
}
