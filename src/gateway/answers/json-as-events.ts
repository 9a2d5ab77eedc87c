import { invalidAnswer } from '../../upstream/failures.ts'
import { JsonTap } from './json-tap.ts'
import { EventAnswer } from './event-answer.ts'
import { JsonAnswer } from './json-answer.ts'
import { unpacked } from './judge-answer.ts'
import type { EventFamily } from '../requests/endpoint.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { MemberLimits } from './member-captures.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { AnswerHead, AnswerOutput, AnswerReader } from './answer.ts'

/** Members of the answer that stand in every event of the same image (openai-openapi, ImageGenCompletedEvent). */
const SHARED: readonly string[] = ['size', 'quality', 'background', 'output_format']
const MEMBERS: MemberLimits = new Map([
  ['created', 32],
  ['usage', 16_384],
  ...SHARED.map((name) => [name, 400] as const),
])

/**
 * The JSON answer of an upstream that was asked for a stream and cannot: an event for each image, written as the image
 * arrives. The last event is closed at the answer's end and has the usage.
 */
export class JsonAsEvents implements AnswerReader {
  readonly #events: EventAnswer
  readonly #json: JsonAnswer
  readonly #type: string
  readonly #tap: JsonTap
  /** Offsets in the current chunk where an image begins or ends, in turn. */
  #marks: number[] = []
  #isInImage = false
  /** The image's event has no member of the image yet. */
  #isFirst = false
  #hasOpenEvent = false
  #isRefused = false
  readonly #output: AnswerOutput

  constructor(head: AnswerHead, output: AnswerOutput, family: EventFamily) {
    this.#type = `${family}.completed`
    this.#output = output
    this.#events = new EventAnswer(head, output)
    this.#json = new JsonAnswer(head, {
      begin: () => {},
      end: () => output.end(),
      write: (chunk) => this.#convert(unpacked(chunk, head.headers)),
      abort: (error) => {
        this.#isRefused = true
        output.abort(error)
      },
    })
    const mark = (at: number): void => void this.#marks.push(at)
    this.#tap = new JsonTap({ members: MEMBERS, listener: { elementBegan: mark, elementEnded: mark } })
  }

  get facts(): AnswerFacts | undefined {
    return this.#hasOpenEvent ? this.#events.facts : this.#json.facts
  }

  get isBetweenEvents(): boolean {
    return this.#events.isBetweenEvents
  }

  write(chunk: Buffer): void {
    this.#json.write(chunk)
  }

  end(): void {
    this.#json.end()
    if (this.#isRefused) return
    // An answer that was taken for images by its beginning, or one that is packed and cannot be read.
    if (!this.#hasOpenEvent) return this.#output.abort(invalidAnswer('no image', undefined, true))
    this.#closeEvent(this.#tap.member('usage'))
    this.#events.end()
  }

  abort(): boolean {
    return this.#json.abort()
  }

  closingBytes(error: GatewayError): Buffer | undefined {
    return this.#events.closingBytes(error)
  }

  #convert(chunk: Buffer): void {
    this.#marks = []
    this.#tap.write(chunk)
    let from = 0
    for (const mark of [...this.#marks, chunk.length]) {
      if (this.#isInImage) this.#writeMembers(chunk.subarray(from, mark))
      if (mark === chunk.length) break
      this.#isInImage = !this.#isInImage
      if (this.#isInImage) this.#openEvent()
      from = mark + 1
    }
  }

  #openEvent(): void {
    if (this.#hasOpenEvent) this.#closeEvent(undefined)
    this.#hasOpenEvent = true
    this.#isFirst = true
    this.#events.write(Buffer.from(`event: ${this.#type}\ndata: {"type":"${this.#type}"`))
  }

  /** A piece of what stands between an image's braces. */
  #writeMembers(piece: Buffer): void {
    const line = onOneLine(piece)
    if (this.#isFirst && line.toString('latin1').trim() === '') return
    if (this.#isFirst) this.#events.write(Buffer.from(','))
    this.#isFirst = false
    this.#events.write(line)
  }

  #closeEvent(usage: unknown): void {
    const created = this.#tap.member('created')
    const shared = SHARED.map((name) => [name, this.#tap.member(name)] as const)
    const members = Object.entries({
      created_at: typeof created === 'number' ? created : Math.floor(Date.now() / 1000),
      ...Object.fromEntries(shared.filter(([, value]) => typeof value === 'string')),
      ...(typeof usage === 'object' && usage !== null ? { usage } : {}),
    })
    const text = members.map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`).join('')
    this.#events.write(Buffer.from(`${text}}\n\n`))
  }
}

/** JSON without its line breaks, which stand between its parts only; a `data:` line ends at the first. */
function onOneLine(piece: Buffer): Buffer {
  if (!piece.includes(0x0a) && !piece.includes(0x0d)) return piece
  return piece.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)) as Buffer
}
