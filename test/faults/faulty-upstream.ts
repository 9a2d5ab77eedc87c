import { Gate } from '../helpers/time/gate.ts'
import { PatientClock } from '../helpers/time/patient-clock.ts'
import { bodyOf, UpstreamServer } from '../helpers/upstream-server.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ManualClock } from '../helpers/time/manual-clock.ts'

/** A request that has arrived upstream, and what can be done to it. */
export interface Arrival {
  readonly number: number
  readonly body: Buffer
  readonly contentType: string
  readonly response: ServerResponse
  readonly socket: Socket
  /** Makes the image: from here on it is paid for. Says which it is. */
  readonly buy: (answer?: (purchase: number) => Buffer) => Buffer
}

export type Act = (arrival: Arrival, upstream: FaultyUpstream) => void | Promise<void>

/** The fate of a connection from which the upstream reads nothing. */
export type RawAct = (socket: Socket, upstream: FaultyUpstream) => void | Promise<void>

export interface FaultyUpstreamOptions {
  readonly rawAct?: RawAct | undefined
  readonly clock?: ManualClock | undefined
}

/** A CometAPI that fails as it is told to, on a real socket, and counts what it has been paid for. */
export class FaultyUpstream extends UpstreamServer {
  /** Before anything is answered, and in the middle of a body. */
  readonly before = new Gate()
  readonly middle = new Gate()
  /** The answers that were made, each one paid for. */
  readonly purchases: Buffer[] = []
  /** Requests, and connections that were never read. */
  arrivals = 0
  /** Those whose connection is not done with them. */
  busy = 0
  act: Act
  /** The time of the gateway in front of it. */
  readonly clock: ManualClock

  constructor(act: Act, { rawAct, clock = new PatientClock() }: FaultyUpstreamOptions = {}) {
    super({
      onRequest: async (request, response) => this.#receive(request, response),
      ...(rawAct === undefined ? {} : { onConnection: (socket: Socket) => this.#took(socket, rawAct) }),
    })
    this.act = act
    this.clock = clock
  }

  #took(socket: Socket, rawAct: RawAct): void {
    this.arrivals++
    this.busy++
    socket.on('close', () => this.busy--)
    void rawAct(socket, this)
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    this.busy++
    response.once('close', () => this.busy--)
    const { body, isWhole } = await bodyOf(request)
    if (!isWhole) return // the gateway went away in the middle of its request
    const buy = (answer = imageAnswer): Buffer => {
      const made = answer(this.purchases.length + 1)
      this.purchases.push(made)
      return made
    }
    const contentType = request.headers['content-type'] ?? ''
    const number = ++this.arrivals
    await this.act({ number, body, contentType, response, socket, buy }, this)
  }
}

/** The usage that `imageAnswer` reports. */
export const USAGE = { input_tokens: 16, output_tokens: 208, total_tokens: 224 }
/** At list prices: 5 a text token in, 30 an image token out. */
export const USAGE_MICROS = 16 * 5 + 208 * 30

/** The base64 of a picture that no other purchase has. */
export function pictureOf(purchase: number, bytes: number): string {
  return Buffer.alloc(Math.ceil((bytes * 3) / 4), `picture ${purchase}, `).toString('base64')
}

/** A whole answer; its usage comes last, so that it is never known where the answer breaks off. */
export function imageAnswer(purchase: number, bytes = 300): Buffer {
  const rest = JSON.stringify({ quality: 'low', size: '1024x1024', usage: USAGE }).slice(1)
  return Buffer.from(`{"created":1,"data":[{"b64_json":"${pictureOf(purchase, bytes)}"}],${rest}`, 'latin1')
}

export const largeAnswer = (purchase: number): Buffer => imageAnswer(purchase, 600_000)

/** As CometAPI documents it: the usage stands before the images. */
export function usageFirst(purchase: number): Buffer {
  return Buffer.from(JSON.stringify({ created: 1, usage: USAGE, data: [{ b64_json: pictureOf(purchase, 600_000) }] }))
}

export const JSON_TYPE = { 'content-type': 'application/json' }

/** The offset at which a large answer is cut: past the 64 KiB that the gateway reads before it answers. */
export const PART = 300_000

/** The usual upstream: waits at the first gate, makes the image and answers. */
export function answers(make: (purchase: number) => Buffer = imageAnswer): Act {
  return async ({ response, buy }, { before, middle }) => {
    const answer = buy(make)
    await before.passed()
    response.writeHead(200, { ...JSON_TYPE, 'content-length': answer.length })
    if (answer.length > PART) {
      response.write(answer.subarray(0, PART))
      await middle.passed()
      response.end(answer.subarray(PART))
    } else response.end(answer)
  }
}

/** Refuses, or fails, with a status and a body; nothing is made unless `buys`. */
export function says(status: number, body: string, headers: Record<string, string> = JSON_TYPE, buys = false): Act {
  return async ({ response, buy }, { before }) => {
    if (buys) buy()
    await before.passed()
    response.writeHead(status, headers).end(body)
  }
}

/** How long the gateway waits for this upstream (UPSTREAM_TIMEOUT_MS). */
export const TIMEOUT_MS = 15_000

/** Says nothing until the gateway has lost its patience. */
export async function hangs({ clock }: FaultyUpstream): Promise<void> {
  await clock.advance(TIMEOUT_MS)
}
