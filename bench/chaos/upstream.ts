import { between, chance, pick } from './chance.ts'
import { FAULTS } from './faults.ts'
import { costMicrosOf, subjectIn, subjectOf } from './kinds.ts'
import { UpstreamServer } from '../../test/helpers/upstream-server.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fault } from './faults.ts'
import type { Subject } from './kinds.ts'
import type { Timeline } from './timeline.ts'

/** One request that came upstream, with its fault. */
export interface Attempt {
  readonly subject: Subject
  readonly number: number
  readonly fault: Fault
  /** When all of the images had been handed over, by `performance.now()`; undefined: they were not. */
  deliveredAt: number | undefined
  /** The gateway closed the connection first. */
  wasGivenUp: boolean
}

const QUIET_MS = 100
/** Share of connections that are used once: the gateway connects anew for the next order. */
const CLOSING_SHARE = 0.35

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The id by which the gateway's log names the attempt. */
export function requestIdOf({ subject, number }: Attempt): string {
  return `${subject.id}-${number}`
}

/** In micro-USD. The upstream charges for every image that it makes, delivered or not. */
export function costOf({ subject, number, fault }: Attempt): number {
  return fault.buys ? costMicrosOf(subject, number) : 0
}

/** A CometAPI that fails in every way and counts its sales. Its behaviour depends on the seed alone. */
export class ChaosUpstream extends UpstreamServer {
  readonly attempts: Attempt[] = []
  /** How often it stopped listening for a while. */
  outages = 0
  readonly #seed: number
  readonly #bySubject = new Map<number, Attempt[]>()
  #isDown = false
  #quiet: Promise<void> = Promise.resolve()

  readonly #timeline: Timeline

  constructor(seed: number, timeline: Timeline) {
    super({ onRequest: async (request, response) => this.#receive(request, response) })
    this.#seed = seed
    this.#timeline = timeline
  }

  attemptsFor(subject: number): readonly Attempt[] {
    return this.#bySubject.get(subject) ?? []
  }

  /** Resolves when clients may send: not while the upstream is about to go down. */
  async ready(): Promise<void> {
    await this.#quiet
  }

  /**
   * Refuses new connections for a while. No client sends shortly before: the system resets connections that wait in the
   * backlog of a listener when it closes, and the upstream would not know of those failures.
   * @param settle resolves when the gateway has sent everything that it has received
   */
  async outage(ms: number, settle: () => Promise<unknown>): Promise<void> {
    if (this.#isDown) return
    this.#isDown = true
    this.outages++
    this.#quiet = this.#calm(settle)
    await this.#quiet
    this.refuse()
    await pause(ms)
    await this.listen()
    this.#isDown = false
  }

  async #calm(settle: () => Promise<unknown>): Promise<void> {
    for (let before = -1; before !== this.connections;) {
      before = this.connections
      await pause(QUIET_MS)
      await settle()
    }
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const attempt = await this.#read(request)
    if (attempt !== undefined) await this.#answer(attempt, request, response)
  }

  /** Reads a request to its end, or until its fault breaks it off; undefined when the gateway broke it off. */
  #read(request: IncomingMessage): Promise<Attempt | undefined> {
    let attempt: Attempt | undefined
    let body = ''
    return new Promise((resolve) => {
      request.on('data', (chunk: Buffer) => {
        if (attempt !== undefined) return
        body += chunk.toString('latin1')
        attempt = this.#begin(body)
        if (attempt?.fault.isBeforeReading === true) resolve(attempt)
      })
      request.on('end', () => resolve(attempt))
      request.on('error', () => resolve(undefined))
      request.on('close', () => resolve(undefined))
    })
  }

  /** Chooses the fault of a request, as soon as its order is known. */
  #begin(body: string): Attempt | undefined {
    const id = subjectIn(body)
    if (id === undefined) return undefined
    const subject = subjectOf(this.#seed, id)
    const all = this.#bySubject.get(id) ?? []
    const number = all.length + 1
    const fitting = FAULTS.filter(({ fits }) => fits?.(subject) !== false)
    const fault = pick(chance(this.#seed, id, number, 'fault'), fitting, ({ share }) => share)
    const attempt: Attempt = { subject, number, fault, deliveredAt: undefined, wasGivenUp: false }
    this.attempts.push(attempt)
    this.#bySubject.set(id, [...all, attempt])
    this.#timeline.note(id, `upstream request ${number}: ${fault.name}`)
    return attempt
  }

  async #answer(attempt: Attempt, { socket }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { subject, number, fault } = attempt
    const isSlow = chance(this.#seed, subject.id, number, 'slow') < 0.12
    const latencyMs = between(chance(this.#seed, subject.id, number, 'latency'), 20, isSlow ? 2500 : 1200)
    if (fault.isBeforeReading !== true) await pause(latencyMs)
    if (socket.destroyed) {
      attempt.wasGivenUp = true
      return
    }
    if (fault.meaning === 'answer') {
      const stream = fault.isByHand === true ? socket : response
      stream.once('finish', () => {
        attempt.deliveredAt = performance.now()
        this.#timeline.note(subject.id, `upstream request ${number} answered`)
      })
    }
    response.setHeader('x-request-id', requestIdOf(attempt))
    if (chance(this.#seed, subject.id, number, 'closing') < CLOSING_SHARE) response.setHeader('connection', 'close')
    await fault.run({ subject, attempt: number, response, socket })
  }
}
