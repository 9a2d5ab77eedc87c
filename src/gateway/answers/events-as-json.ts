import { ByteList } from '../../spool/byte-list.ts'
import { invalidAnswer } from '../../upstream/failures.ts'
import { originOf } from '../../upstream/envelope.ts'
import { normaliseUsage } from '../../accounting/usage.ts'
import { EventAnswer } from './event-answer.ts'
import { membersOf } from './json-members.ts'
import { parsedJson } from './member-captures.ts'
import { SseTap } from './sse-tap.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { StreamEvent } from './sse-tap.ts'
import type { AnswerHead, AnswerOutput, AnswerReader } from './answer.ts'

/** Members of an event that are of its image; the others are of the whole answer. */
const OF_IMAGE: ReadonlySet<string> = new Set(['b64_json', 'url', 'revised_prompt', 'generation_id'])
/** Members of the answer, as the last event has them (openai-openapi, ImagesResponse). */
const OF_ANSWER: ReadonlySet<string> = new Set(['background', 'output_format', 'quality', 'size', 'safety_identifier'])
const CREATED: ReadonlySet<string> = new Set(['created', 'created_at'])
/** Ten images of 25 MB in base64. */
const MAX_BYTES = 402_653_184
const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/**
 * The events of an upstream that was asked for one JSON answer: their finished images in one, held until the stream has
 * ended. SDKs would give their caller a string. An error after an image stands beside the images, which are paid for.
 */
export class EventsAsJson implements AnswerReader {
  readonly isBetweenEvents = false
  readonly #events: EventAnswer
  readonly #output: AnswerOutput
  readonly #status: number
  readonly #tap = new SseTap((event, end) => this.#eventEnded(event, end))
  #chunk: Buffer = Buffer.alloc(0)
  /** Offset in the chunk at which the current event goes on. */
  #from = 0
  /** The current event, as far as it has come. */
  readonly #event = new ByteList()
  #images: Buffer[] = []
  #heldBytes = 0
  readonly #members = new Map<string, Buffer>()
  #usage: Buffer | undefined
  #usageTokens = 0
  /** The connection says that the stream is complete. */
  #isEnding = false
  #isOver = false

  constructor(head: AnswerHead, output: AnswerOutput) {
    this.#status = head.status
    this.#output = output
    this.#events = new EventAnswer(head, {
      begin: () => {},
      write: (chunk) => this.#split(chunk),
      end: () => this.#finish(undefined),
      // An image that is cut off may be paid for; after an error event nothing else comes.
      abort: (error) => (this.#isEnding ? this.#refuse(error) : this.#finish(error)),
    })
  }

  get facts(): AnswerFacts {
    return this.#events.facts
  }

  write(chunk: Buffer): void {
    if (!this.#isOver) this.#events.write(chunk)
  }

  end(): void {
    if (this.#isOver) return
    this.#isEnding = true
    this.#events.end()
    this.#finish(undefined)
  }

  abort(): boolean {
    return false
  }

  closingBytes(): undefined {
    return undefined
  }

  #split(chunk: Buffer): void {
    this.#chunk = chunk
    this.#from = 0
    this.#tap.write(chunk)
    this.#keep(chunk.subarray(this.#from))
  }

  #keep(piece: Buffer): void {
    this.#event.append(piece)
    if (this.#heldBytes + this.#event.bytes > MAX_BYTES)
      this.#refuse(invalidAnswer(`events of more than ${MAX_BYTES} bytes`, originOf(this.#status), true))
  }

  #eventEnded({ kind }: StreamEvent, end: number): void {
    this.#keep(this.#chunk.subarray(this.#from, end))
    this.#from = end
    const event = this.#event.joined()
    this.#event.clear()
    if (this.#isOver || (kind !== 'image' && kind !== 'note')) return
    this.#heldBytes += event.length
    const images = this.#read(dataOf(event))
    if (kind === 'image') this.#images.push(...images)
  }

  /** Notes the members of the answer. Returns the images of the event. */
  #read(data: Buffer): readonly Buffer[] {
    const image: Buffer[] = []
    const images: Buffer[] = []
    for (const { name, value } of membersOf(data)) {
      if (OF_IMAGE.has(name)) image.push(Buffer.from(`${image.length === 0 ? '' : ','}${JSON.stringify(name)}:`), value)
      else if (OF_ANSWER.has(name)) this.#members.set(name, value)
      else if (CREATED.has(name)) this.#members.set('created', value)
      else if (name === 'usage') this.#noteUsage(value)
      else if (name === 'data') images.push(...elementsOf(value))
    }
    if (image.length > 0) images.push(Buffer.concat([Buffer.from('{'), ...image, Buffer.from('}')]))
    return images
  }

  /** Of a usage that is given with every image, the largest counts. */
  #noteUsage(value: Buffer): void {
    const tokens = normaliseUsage(parsedJson(value))?.totalTokens ?? -1
    if (tokens < this.#usageTokens) return
    this.#usage = value
    this.#usageTokens = tokens
  }

  /** @param error that ended the stream */
  #finish(error: GatewayError | undefined): void {
    if (this.#isOver) return
    if (this.#images.length === 0) {
      const nothing = invalidAnswer('a stream without images', originOf(this.#status), true)
      return this.#refuse(error ?? nothing)
    }
    this.#isOver = true
    this.#output.begin()
    this.#output.write(this.#answer(error))
    this.#output.end()
  }

  #refuse(error: GatewayError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#event.clear()
    this.#images = []
    this.#output.abort(error)
  }

  #answer(error: GatewayError | undefined): Buffer {
    const created = this.#members.get('created') ?? Buffer.from(String(Math.floor(Date.now() / 1000)))
    this.#members.delete('created')
    const members = [
      ...this.#members,
      ...(this.#usage === undefined ? [] : [['usage', this.#usage] as const]),
      ...(error === undefined ? [] : [['error', Buffer.from(JSON.stringify(error.toBody().error))] as const]),
    ]
    const images = this.#images.flatMap((image, index) => (index === 0 ? [image] : [Buffer.from(','), image]))
    this.#images = []
    return Buffer.concat([
      Buffer.from('{"created":'),
      created,
      ...members.flatMap(([name, value]) => [Buffer.from(`,${JSON.stringify(name)}:`), value]),
      Buffer.from(',"data":['),
      ...images,
      Buffer.from(']}'),
    ])
  }
}

/** The lines of data of one event, put together as the standard says. */
function dataOf(event: Buffer): Buffer {
  const lines: Buffer[] = []
  for (let from = 0; from < event.length;) {
    const end = lineEnd(event, from)
    const line = event.subarray(from, end)
    const start = line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0
    if (line.toString('latin1', start, start + 5) === 'data:') {
      if (lines.length > 0) lines.push(Buffer.from('\n'))
      lines.push(line.subarray(line[start + 5] === 0x20 ? start + 6 : start + 5))
    }
    from = end + 1
  }
  return lines.length === 1 ? (lines[0] ?? event) : Buffer.concat(lines)
}

function lineEnd(bytes: Buffer, from: number): number {
  const ends = [bytes.indexOf(0x0a, from), bytes.indexOf(0x0d, from)].filter((end) => end !== -1)
  return ends.length === 0 ? bytes.length : Math.min(...ends)
}

/** The images of an event that has them in a list, as an answer in one piece has. */
function elementsOf(list: Buffer): readonly Buffer[] {
  const elements = parsedJson(list)
  return Array.isArray(elements) ? elements.map((element) => Buffer.from(JSON.stringify(element))) : []
}
