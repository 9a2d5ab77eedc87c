import { brokenOff, unreachable } from '../../upstream/failures.ts'
import { PicturesAsLinks } from '../answers/links/pictures-as-links.ts'
import { EventAnswer } from '../answers/event-answer.ts'
import { EventsAsJson } from '../answers/events-as-json.ts'
import { asJsonHeaders, withoutLength } from '../answers/relayed-headers.ts'
import { JsonAnswer } from '../answers/json-answer.ts'
import { JsonAsEvents } from '../answers/json-as-events.ts'
import { isPlain, isReadableEventStream } from '../answers/judge-answer.ts'
import type { EventFamily } from '../requests/endpoint.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerHeaders } from '../../upstream/answer-headers.ts'
import type { AnswerControl, AnswerReceiver } from '../../upstream/upstream.ts'
import { errorEvent } from '../answers/answer.ts'
import type { ConvertedOutput } from '../answers/links/held-output.ts'
import type { AnswerOutput, AnswerReader } from '../answers/answer.ts'
import type { OrderShelf } from '../answers/links/arriving-picture.ts'
import type { Clock, Timer } from './clock.ts'

/** How long an upstream may take to end an answer that has said that it is complete. */
const LINGER_MS = 1000

export interface AttemptOptions {
  /** The model as the client named it. */
  readonly modelName: string
  readonly redact: (text: string) => string
  readonly clock: Clock
  /** The events that the client asked for; undefined where it asked for one JSON answer. */
  readonly events: EventFamily | undefined
  /** Takes the finished pictures, of which the client gets links; undefined: it gets them as they come. */
  readonly shelf?: OrderShelf | undefined
}

/** Is told how an attempt goes, in this order; `refused` or `ended` comes last, once. */
export interface AttemptOwner {
  /** From here on the order may have reached the upstream. */
  sent(): void
  /** The answer has begun. */
  began(): void
  /** The beginning of the answer says images. */
  accepted(): void
  /** The client can have its status. */
  ready(): void
  /** The upstream may go on now, or is to wait. */
  steer(): void
  bytes(chunk: Buffer): void
  ended(): void
  refused(error: GatewayError): void
}

/** One request upstream and its answer. After it is over it says nothing any more. */
export class Attempt implements AnswerReceiver {
  status = 0
  headers: AnswerHeaders = {}
  reader: AnswerReader | undefined
  readonly #options: AttemptOptions
  readonly #owner: AttemptOwner
  #control: AnswerControl | undefined
  #isSent = false
  #isOver = false
  /** All of the answer has come; its pictures may still be on their way to the shelf. */
  #isComplete = false
  #links: PicturesAsLinks | undefined
  #lingering: Timer | undefined

  constructor(options: AttemptOptions, owner: AttemptOwner) {
    this.#options = options
    this.#owner = owner
  }

  sending(control: AnswerControl): void {
    if (this.#isOver) return control.abort(new Error('the attempt is over'))
    this.#control = control
    this.#isSent = true
    this.#owner.sent()
  }

  begin(status: number, headers: AnswerHeaders): void {
    if (this.#isOver) return
    this.#owner.began()
    this.status = status
    this.reader = this.#readerFor(status, headers)
    const sent = this.#links === undefined ? headers : withoutLength(headers)
    this.headers = this.reader instanceof EventsAsJson ? asJsonHeaders(sent) : sent
  }

  write(chunk: Buffer): void {
    if (!this.#isOver) this.reader?.write(chunk)
  }

  end(): void {
    this.#options.clock.clear(this.#lingering)
    if (this.#isOver) return
    this.#control = undefined // its connection may be in use for another request by now
    this.reader?.end()
    this.#complete()
  }

  abort(error: Error): void {
    this.#options.clock.clear(this.#lingering)
    if (this.#isOver || this.#isComplete || this.reader?.abort() === true) return
    this.#refuse(!this.#isSent ? unreachable(error) : brokenOff(error))
  }

  /** Ends the attempt from outside: its time is over, or nobody wants it any more. */
  giveUp(error: GatewayError): void {
    if (this.#isComplete) return this.#links?.hurry()
    if (this.#isOver || this.reader?.abort() === true) return
    const isTooLate = !this.#isSent && error.code === 'upstream_timeout'
    this.#refuse(isTooLate ? unreachable(error) : error)
  }

  /** The forms that the pictures of the answer were given; undefined where none was converted. */
  get pictureForms(): string | undefined {
    const forms = [...(this.#links?.forms ?? [])]
    return forms.length === 0 ? undefined : forms.join(', ')
  }

  /** Something may be put between what the client has and what it gets next. */
  get isBetweenEvents(): boolean {
    return this.#links?.isBetweenEvents ?? this.reader?.isBetweenEvents !== false
  }

  /** The bytes that turn the client's part into a failure that it understands; undefined where none can. */
  closingBytes(error: GatewayError): Buffer | undefined {
    const hasEvents = this.#options.events !== undefined
    if (!hasEvents || this.#links === undefined) return this.reader?.closingBytes(error)
    if (this.#links.isBetweenEvents) return errorEvent(error)
    return this.#links.isAhead ? undefined : this.reader?.closingBytes(error)
  }

  /** Lets the upstream go on, or holds it back. @param isHeldBack for the client, or for its kept answer */
  steer(isHeldBack: boolean): void {
    this.#links?.steer(isHeldBack)
    if (isHeldBack || this.#links?.holdsBack === true) this.#control?.pause()
    else this.#control?.resume()
  }

  #refuse(error: GatewayError): void {
    if (this.#isOver) return
    this.#isOver = true
    const refused = (): void => this.#owner.refused(error)
    if (this.#links === undefined) refused()
    else this.#links.discard(refused)
    const control = this.#control
    this.#control = undefined // what is still handed on holds nothing back any more
    control?.abort(error)
  }

  /** The upstream may close its connection now, or keep it open for the next request; it may not stay in this one. */
  #finish(): void {
    if (this.#isOver || this.#isComplete) return
    this.#complete()
    const control = this.#control
    this.#lingering = this.#options.clock.background(LINGER_MS, () =>
      control?.abort(new Error('the answer was complete')),
    )
  }

  #complete(): void {
    if (this.#isOver || this.#isComplete) return
    this.#isComplete = true
    const ended = (): void => {
      this.#isOver = true
      this.#owner.ended()
    }
    if (this.#links === undefined) ended()
    else this.#links.finish(ended)
  }

  #readerFor(status: number, headers: AnswerHeaders): AnswerReader {
    const { modelName, redact, events } = this.#options
    const head = { status, headers, modelName, redact }
    const isSuccess = status >= 200 && status < 300
    if (isSuccess && isPlain(headers)) this.#links = this.#linksFor(events === undefined ? 'json' : 'events')
    const links = this.#links
    const output: AnswerOutput = {
      begin: () => {
        this.#owner.accepted()
        if (links === undefined || events !== undefined) this.#owner.ready()
      },
      write: (chunk) => (links === undefined ? this.#owner.bytes(chunk) : links.write(chunk)),
      end: () => this.#finish(),
      abort: (error) => this.#refuse(error),
    }
    const hasEvents = isSuccess && isReadableEventStream(headers)
    if (hasEvents) return events === undefined ? new EventsAsJson(head, output) : new EventAnswer(head, output)
    if (isSuccess && events !== undefined) return new JsonAsEvents(head, output, events)
    return new JsonAnswer(head, output)
  }

  #linksFor(kind: 'json' | 'events'): PicturesAsLinks | undefined {
    const { shelf } = this.#options
    if (shelf === undefined) return undefined
    const output: ConvertedOutput = {
      ready: () => this.#owner.ready(),
      write: (chunk) => this.#owner.bytes(chunk),
      changed: () => this.#owner.steer(),
      failed: (error) => this.#refuse(brokenOff(error)),
    }
    return new PicturesAsLinks(shelf, output, kind)
  }
}
